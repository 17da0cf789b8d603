"""`datasets.load_dataset(folder, format)` works as it stands, in every container."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from accounts.services import create_token
from collector.models import Project
from exports.containers import Shards
from exports.formats import FORMATS
from labeling.models import ResponseRating
from tests.exports.builders import judge, judged_prompts
from tests.factories import make_member, make_project, make_prompt, make_response

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec).*"),
]
# Rows of the fixture below: 12 rankings of 4 and one pair, the first ranking's responses rated.
ROWS = {
    "preference": 73,
    "preference_text": 73,
    "ranked": 13,
    "oasst": 13,
    "oasst_messages": 63,
    "unpaired": 3,
    "sft": 13,
    "prompts": 13,
    "openai_dpo": 73,
    "nemo": 73,
    "instruction": 73,
    "lm_human_preferences": 12,
    "judgments": 13,
}
PROMPT = [{"role": "user", "content": "Line\u2028separator\r\n\u0085?"}]
CHOSEN = [{"role": "assistant", "content": "née\n"}]
REJECTED = [{"role": "assistant", "content": "日本\u2029語"}]
HARD: dict[str, dict[str, Any]] = {
    "preference": {"prompt": PROMPT, "chosen": CHOSEN, "rejected": REJECTED},
    "preference_text": {
        "prompt": "\n\nHuman: Line\u2028separator\r\n\u0085?\n\nAssistant:",
        "chosen": " née\n",
        "rejected": " 日本\u2029語",
    },
    "ranked": {"prefixes": [PROMPT[0]["content"]], "responses": ["née\n", "日本\u2029語"]},
    "sft": {"messages": [*PROMPT, *CHOSEN]},
    "prompts": {"prompt": PROMPT},
    "openai_dpo": {
        "input": {"messages": PROMPT, "tools": [], "parallel_tool_calls": True},
        "preferred_output": CHOSEN,
        "non_preferred_output": REJECTED,
    },
    "nemo": {
        "context": PROMPT,
        "completions": [
            {"rank": 0, "completion": CHOSEN},
            {"rank": 1, "completion": REJECTED},
        ],
    },
    "instruction": {"input": PROMPT[0]["content"], "chosen": "née\n", "rejected": "日本\u2029語"},
    "judgments": {"strength": 3, "seconds": 1.5, "rationale": "why not"},
}


@pytest.fixture
def project() -> Project:
    """Its first rows have no strength, its last one has: a column that begins with nulls."""
    project = make_project(
        slug="sky", description="--- | “quoted”: {yes}\n# [no]", licence="X: y", languages=["en"]
    )
    first, *_ = judged_prompts(project, 12, responses=4)
    for overall, response in zip((7, 4, 6, 1), first.order, strict=True):
        ResponseRating.objects.create(
            judgment=first, response_id=response, overall=overall, labels={"quality": 0.75}
        )
    prompt = make_prompt(project, PROMPT[0]["content"], language="en")
    chosen, rejected = (make_response(prompt, side[0]["content"]) for side in (CHOSEN, REJECTED))
    judge(prompt, [[chosen], [rejected]], strength=3, rationale="why not", seconds=1.5)
    return project


def export(project: Project, out: Path, *formats: str, **options: Any) -> None:
    asked = [argument for name in formats for argument in ("--format", name)]
    call_command("export_dataset", project.slug, *asked, out=out, **options)


@pytest.mark.parametrize("container", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_every_config_loads(container: str, project: Project, tmp_path: Path) -> None:
    import datasets

    out = tmp_path / "out"
    export(project, out, *ROWS, container=container, set=["test_share=0.4"])
    assert set(ROWS) == set(FORMATS)
    for name, number in ROWS.items():
        loaded = datasets.load_dataset(str(out), name, cache_dir=str(tmp_path / "cache"))
        rows = [row for split in loaded.values() for row in split]
        assert (name, len(rows)) == (name, number)
        if name in HARD:
            hard = HARD[name].items()
            assert any(all(row[key] == value for key, value in hard) for row in rows), name


@pytest.mark.parametrize("container", ["jsonl", "parquet"])
def test_labels_of_messages_load_under_their_names(
    container: str, project: Project, tmp_path: Path
) -> None:
    import datasets

    out, cache = tmp_path / "out", str(tmp_path / "cache")
    export(project, out, "oasst", "oasst_messages", container=container, set=["test_share=0"])
    trees = datasets.load_dataset(str(out), "oasst", split="train", cache_dir=cache)
    replies = trees[0]["prompt"]["replies"]
    assert [reply["rank"] for reply in replies] == [0, 1, 2, 3]
    # What was said of quality overall (7 of 7), and as a label.
    assert replies[0]["labels"] == {"quality": {"value": 0.875, "count": 2}}
    messages = datasets.load_dataset(str(out), "oasst_messages", split="train", cache_dir=cache)
    labels = messages[1]["labels"]
    if container == "parquet":
        assert labels == {"name": ["quality"], "value": [0.875], "count": [2]}
    else:
        assert labels == replies[0]["labels"]


def test_a_dataset_in_several_files_loads_as_one(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr(Shards.__init__, "__kwdefaults__", {"limit": 2_000})
    out = tmp_path / "out"
    export(project, out, "preference", set=["test_share=0"])
    files = sorted(path.name for path in out.glob("preference.*"))
    assert len(files) > 5
    assert files[0] == f"preference.train-00000-of-{len(files):05d}.jsonl"
    loaded = datasets.load_dataset(str(out), "preference", cache_dir=str(tmp_path / "cache"))
    assert len(loaded["train"]) == 73
    entries = json.loads((out / "manifest.json").read_bytes())["files"]
    assert sum(entry["rows"] for entry in entries) == 73


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["preference", "oasst"])
def test_a_project_loads_from_its_address_with_a_token(
    name: str, project: Project, live_server: LiveServer, tmp_path: Path, monkeypatch: Any
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    token = create_token(user=make_member(project, "trainer"))
    url = f"{live_server.url}/api/v1/projects/{project.slug}/export.jsonl?format={name}"

    loaded = datasets.load_dataset(
        "json",
        data_files=url,
        storage_options={"headers": {"Authorization": f"Token {token}"}},
        cache_dir=str(tmp_path / "cache"),
        split="train",
    )
    assert len(loaded) == ROWS[name]


def test_the_command_says_in_one_line_what_is_wrong(project: Project, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("keep")

    def error(*arguments: str, out: Path = tmp_path / "out") -> str:
        with pytest.raises(CommandError) as raised:
            call_command("export_dataset", *arguments, "--out", str(out))
        assert not (tmp_path / "out").exists()
        return str(raised.value)

    assert error("nowhere", "--format", "preference") == "There is no project “nowhere”."
    assert error("sky", "--format", "csv").startswith("There is no format “csv”")
    assert error("sky", "--format", "preference", "--set", "test_share") == (
        "--set test_share: write key=value."
    )
    assert error("sky", "--format", "preference", "--set", "x=1").startswith(
        "A recipe has no key “x”"
    )
    assert error("sky", "--format", "preference", "--container", "zip").startswith(
        "There is no container “zip”"
    )
    assert error("sky", "--format", "preference", out=full) == f"{full} is not an empty folder."
    assert (full / "mine").read_text() == "keep"


def test_two_exports_to_one_place_leave_each_other_alone(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    theirs = [tmp_path / ".out.part", tmp_path / ".out.0123.part"]
    for folder in theirs:
        folder.mkdir()
    call_command("export_dataset", project.slug, "--format", "preference", "--out", str(out))
    assert sorted(tmp_path.iterdir()) == sorted([*theirs, out])


def test_a_setting_given_twice(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = [project.slug, "--format", "preference", "--out", str(out), "--set", "test_share=0"]
    with pytest.raises(CommandError, match="test_share is given more than once"):
        call_command("export_dataset", *options, "--set", "test_share=1")
    models = ("--set", "models=model-0", "--set", "models=model-1")
    call_command("export_dataset", *options, *models)
    assert len((out / "preference.train.jsonl").read_bytes().splitlines()) == 12
