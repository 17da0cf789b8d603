"""Each format's rows, literally, as they are streamed."""

from typing import Any

import orjson
import pytest

from accounts.models import Labeler
from collector.models import Message, Project
from exports.services.stream import stream_rows
from exports.splits import labeler_name
from labeling.models import (
    GuidelineVersion,
    Judgment,
    Mask,
    Opinion,
    PolicyVersion,
    ResponseRating,
    Span,
)
from tests.exports.builders import judge, thread_of
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db


def rows(project: Project, name: str, **recipe: Any) -> list[dict[str, Any]]:
    blocks = stream_rows(project=project, format=name, recipe=recipe)
    return [orjson.loads(line) for line in b"".join(blocks).splitlines()]


def sky(project: Project) -> tuple[Any, Any, Any]:
    prompt = make_prompt(project, "sky?")
    return prompt, make_response(prompt, "green"), make_response(prompt, "blue", "model-b")


def test_preference_row() -> None:
    project = make_project()
    prompt, green, blue = sky(project)
    judge(prompt, [[blue], [green]])
    assert rows(project, "preference") == [
        {
            "prompt_id": str(prompt.uid),
            "prompt": [{"role": "user", "content": "sky?"}],
            "chosen": [{"role": "assistant", "content": "blue"}],
            "rejected": [{"role": "assistant", "content": "green"}],
        }
    ]


def test_preference_text_row_is_a_transcript() -> None:
    project = make_project()
    prompt, green, blue = sky(project)
    judge(prompt, [[blue], [green]])
    assert rows(project, "preference_text") == [
        {"prompt": "\n\nHuman: sky?\n\nAssistant:", "chosen": " blue", "rejected": " green"}
    ]


def test_preference_text_of_several_turns() -> None:
    project = make_project()
    prompt, green, blue = sky(project)
    turns = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"), ("user", "sky?")]
    thread_of(prompt, [{"role": role, "content": content} for role, content in turns])
    judge(prompt, [[green], [blue]])
    assert rows(project, "preference_text")[0]["prompt"] == (
        "Be brief.\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: sky?\n\nAssistant:"
    )


@pytest.mark.parametrize(
    ("table", "margins"),
    [("small", [0.0, 1 / 3, 2 / 3, 1.0]), ("large", [0.0, 1.0, 2.0, 3.0])],
)
def test_margin_by_strength(table: str, margins: list[float]) -> None:
    project = make_project()
    for strength in range(4):
        prompt = make_prompt(project)
        judge(prompt, [[make_response(prompt)], [make_response(prompt)]], strength=strength)
    found = rows(project, "preference", columns=["margin"], margin_table=table)
    assert [row["margin"] for row in found] == margins


def test_weights_of_a_ranking_add_up_to_one() -> None:
    project = make_project()
    prompt = make_prompt(project)
    judge(prompt, [[make_response(prompt)] for _ in range(4)])
    found = rows(project, "preference_text", columns="weight")
    assert [row["weight"] for row in found] == [1 / 6] * 6


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("all", {"ab", "ac", "ad", "bd", "cd"}),  # b and c are tied
        ("best_worst", {"ad"}),
        ("adjacent", {"ab", "ac", "bd", "cd"}),
    ],
)
def test_pairs_of_a_ranking(pairs: str, expected: set[str]) -> None:
    project = make_project()
    prompt = make_prompt(project)
    d, c, b, a = (make_response(prompt, text) for text in "dcba")
    judge(prompt, [[a], [b, c], [d]])
    found = rows(project, "preference", pairs=pairs)
    assert {f"{row['chosen'][0]['content']}{row['rejected'][0]['content']}" for row in found} == (
        expected
    )


def test_one_pair_per_prompt_is_drawn_by_the_seed() -> None:
    project = make_project()
    prompts = [make_prompt(project) for _ in range(3)]
    for prompt in prompts:
        responses = [make_response(prompt) for _ in range(4)]
        judge(prompt, [[response] for response in responses])
        judge(prompt, [[response] for response in reversed(responses)])
    drawn = [
        tuple(
            (row["prompt_id"], row["chosen"][0]["content"], row["rejected"][0]["content"])
            for row in rows(project, "preference", pairs="one_per_prompt", split_seed=seed)
        )
        for seed in range(8)
    ]
    for pairs in drawn:
        assert sorted(pair[0] for pair in pairs) == sorted(str(prompt.uid) for prompt in prompts)
    assert drawn[0] == tuple(
        (row["prompt_id"], row["chosen"][0]["content"], row["rejected"][0]["content"])
        for row in rows(project, "preference", pairs="one_per_prompt", split_seed=0)
    )
    assert len(set(drawn)) > 1


@pytest.mark.parametrize(
    ("refused", "columns"),
    [
        (["same", "\u3000same\n"], ""),
        (["fine", " \t\u2003"], ""),
        (["fine", "<|im_end|>"], ""),
        (["fine", "so\n\nHuman: no"], ""),
        (["fine", "no strength"], "margin"),
    ],
)
def test_a_pair_that_would_be_refused_is_drawn_only_for_want_of_others(
    refused: list[str], columns: str
) -> None:
    project = make_project()
    prompt, lonely = make_prompt(project), make_prompt(project)
    for number, owner in enumerate((prompt, prompt, prompt, lonely)):
        won, lost = (
            make_response(owner, text, f"model-{number}-{place}")
            for place, text in enumerate(refused)
        )
        judge(owner, [[won], [lost]])
    judge(prompt, [[make_response(prompt, "good")], [make_response(prompt, "bad")]], strength=1)
    recipe = {"pairs": "one_per_prompt", "columns": columns}
    for seed in range(6):
        (row,) = rows(project, "preference_text", split_seed=seed, **recipe)
        assert (row["chosen"], row["rejected"]) == (" good", " bad")


def shown(response: Message, model: str | None, **known: Any) -> dict[str, Any]:
    """A response in a row of `judgments`, without ratings where none are known."""
    own = {"response_id": str(response.uid), "text": response.text, "model": model}
    silent: dict[str, Any] = {"overall": None, "attributes": [], "flags": [], "labels": []}
    return own | {"origin": response.origin} | silent | {"masked": False} | known


def judged_with_everything(project: Project) -> Judgment:
    """Blue over a tie of grey and green, shown as grey, green, blue; no field is left empty."""
    prompt, green, blue = sky(project)
    grey = make_response(prompt, "grey", origin="human")
    Message.objects.filter(pk=grey.pk).update(revision=None, labeler=make_labeler())
    Mask.objects.create(response=green, text="█████", spans=[[0, 5]])
    azure = make_response(prompt, "azure", origin="edit", edits=blue)
    judgment = judge(
        prompt,
        [[blue], [green, grey]],
        order=[grey, green, blue],
        strength=2,
        answers={"confidence": 9},
        edit=azure,
        rationale="It is blue.",
        seconds=12.5,
        policy_version=PolicyVersion.objects.create(project=project, number=3, modes=["rank"]),
        guideline_version=GuidelineVersion.objects.create(project=project, number=2, text="Fair."),
    )
    ResponseRating.objects.create(
        judgment=judgment,
        response=blue,
        overall=6,
        attributes={"helpfulness": 4, "correctness": 0},
        flags={"hallucination": True, "expresses_opinion": False},
        labels={"spam": False, "quality": 0.75, "pii": True},
    )
    for scorer, margin in (("rm-b", -0.5), ("rm-a", 1.5)):
        Opinion.objects.create(
            judgment=judgment, scorer=scorer, margin=margin, surprising=margin < 0
        )
    Span.objects.create(
        judgment=judgment, response=green, start=1, end=3, label="wrong", note="No."
    )
    return judgment


def test_judgments_row_holds_everything() -> None:
    project = make_project()
    judgment = judged_with_everything(project)
    assert judgment.edit
    prompt = judgment.task.about
    grey, green, blue = (Message.objects.get(pk=key) for key in judgment.order)
    assert rows(project, "judgments", anonymise_seed=7) == [
        {
            "judgment_id": str(judgment.uid),
            "task_id": str(judgment.task.uid),
            "prompt_id": str(prompt.uid),
            "prompt": [{"role": "user", "content": "sky?"}],
            "responses": [
                shown(grey, None, place=1, tier=2),
                shown(green, "model-a", place=2, tier=2, masked=True),
                shown(blue, "model-b", place=3, tier=1, overall=6)
                | {
                    "attributes": [
                        {"name": "correctness", "value": 0},
                        {"name": "helpfulness", "value": 4},
                    ],
                    "flags": [
                        {"name": "expresses_opinion", "value": False},
                        {"name": "hallucination", "value": True},
                    ],
                    "labels": [
                        {"name": "pii", "value": 1.0},
                        {"name": "quality", "value": 0.75},
                        {"name": "spam", "value": 0.0},
                    ],
                },
            ],
            "tiers": [[str(blue.uid)], [str(grey.uid), str(green.uid)]],
            "strength": 2,
            "not_rankable": None,
            "answers": '{"confidence": 9}',
            "rationale": "It is blue.",
            "edit": {
                "response_id": str(judgment.edit.uid),
                "edit_of": str(blue.uid),
                "text": "azure",
            },
            "spans": [
                {
                    "response_id": str(green.uid),
                    "start": 1,
                    "end": 3,
                    "label": "wrong",
                    "note": "No.",
                }
            ],
            "labeler_id": labeler_name(judgment.labeler.uid, seed=7),
            "labeler_kind": "person",
            "seconds": 12.5,
            "policy_version": 3,
            "guideline_version": 2,
            "purpose": "work",
            "opinions": [
                {"scorer": "rm-a", "margin": 1.5, "surprising": False},
                {"scorer": "rm-b", "margin": -0.5, "surprising": True},
            ],
            "created_at": judgment.created_at.isoformat(),
            "origin": None,
        }
    ]


def test_a_judgment_that_could_not_rank_is_kept() -> None:
    project = make_project()
    prompt, green, blue = sky(project)
    judge(prompt, None, order=[green, blue], not_rankable="both are off topic")
    (row,) = rows(project, "judgments")
    assert (row["tiers"], row["not_rankable"]) == ([], "both are off topic")
    assert [response["tier"] for response in row["responses"]] == [None, None]
    assert rows(project, "preference") == []


def test_labeler_ids_say_nothing_and_depend_on_the_seed() -> None:
    project = make_project()
    labeler = make_labeler()
    for _ in range(2):
        prompt = make_prompt(project)
        judge(prompt, [[make_response(prompt)], [make_response(prompt)]], labeler=labeler)
    first, second = (row["labeler_id"] for row in rows(project, "judgments"))
    other = rows(project, "judgments", anonymise_seed=1)[0]["labeler_id"]
    assert first == second != other
    assert labeler.pseudonym not in {first, other}
    assert str(labeler.uid) not in {first, other}


def test_line_separators_inside_texts_do_not_break_lines() -> None:
    project = make_project()
    prompt = make_prompt(project)
    text = "a\u2028b\u2029c\u0085d\x0be\x1cf"
    judge(prompt, [[make_response(prompt, text)], [make_response(prompt)]])
    content = b"".join(stream_rows(project=project, format="preference", recipe={})).decode()
    assert len(content.splitlines()) == 1
    assert orjson.loads(content)["chosen"][0]["content"] == text


def test_users_are_never_read(django_assert_num_queries: Any) -> None:
    project = make_project()
    prompt, green, blue = sky(project)
    judge(prompt, [[blue], [green]], labeler=Labeler.objects.create())
    with django_assert_num_queries(9) as queries:
        rows(project, "judgments")
    assert not any("accounts_user" in query["sql"] for query in queries.captured_queries)
