"""What sources say about preference, as judgments of purpose `imported`."""

import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection, transaction

from collector.models import ImportedPreference, Message, Project, Source, Thread
from collector.services.imports import run_import, start_import
from exports.services.storage import version_folder
from exports.services.stream import stream_rows
from exports.services.versions import build_version, start_version
from labeling import tasks
from labeling.locks import freeze_judgments
from labeling.models import Comparison, Judgment, Slot, Task
from labeling.results import comparisons_of
from labeling.services import imported
from labeling.services.building import build_tasks
from labeling.services.imported import pull_all, pull_preferences
from labeling.services.rebuilding import rebuild_comparisons
from tests.exports.builders import now
from tests.exports.test_versions import wait_for_a_waiting_lock
from tests.factories import make_project, make_prompt, make_response
from tests.labeling.work import together

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project() -> Project:
    return make_project()


def stated(
    prompt: Message, *tiers: list[Message], row: int = 1, **fields: Any
) -> ImportedPreference:
    source, _ = Source.objects.get_or_create(project=prompt.project, kind="oasst", name="a file")
    return ImportedPreference.objects.create(
        source=source,
        row=row,
        prompt=prompt,
        tiers=[[response.pk for response in tier] for tier in tiers],
        **({"author": "oasst"} | fields),
    )


def some(project: Project, count: int) -> list[ImportedPreference]:
    made = []
    for row in range(1, count + 1):
        prompt = make_prompt(project)
        made.append(stated(prompt, [make_response(prompt)], [make_response(prompt)], row=row))
    return made


def outcomes() -> list[tuple[int | None, int | None, str, str]]:
    return list(
        Comparison.objects.order_by("first", "second").values_list(
            "first", "second", "outcome", "purpose"
        )
    )


def test_a_preference_becomes_a_judgment_and_its_comparisons(project: Project) -> None:
    prompt = make_prompt(project, language="en")
    one, two, three = (make_response(prompt, revision=name) for name in "abc")
    preference = stated(prompt, [three], [one, two], strength=2)

    assert pull_preferences(project=project) == 1

    judgment = Judgment.objects.get()
    assert (judgment.purpose, judgment.strength, judgment.slot) == ("imported", 2, None)
    assert judgment.tiers == [[three.pk], [one.pk, two.pk]]
    assert judgment.order == [one.pk, two.pk, three.pk]
    assert (judgment.labeler.kind, judgment.labeler.user) == ("imported", None)
    assert outcomes() == [
        (one.pk, two.pk, "tie", "imported"),
        (one.pk, three.pk, "second", "imported"),
        (two.pk, three.pk, "second", "imported"),
    ]
    first = Comparison.objects.earliest("first", "second")
    assert (first.first_generator and first.first_generator.name) == "a"
    assert (first.prompt, first.project, first.labeler) == (prompt, project, judgment.labeler)
    preference.refresh_from_db()
    assert preference.judged_at == judgment.created_at == first.created_at
    assert Thread.objects.get().prompt == prompt
    assert rebuild_comparisons(project=project) == 0


def test_nobody_owes_anything_and_the_responses_stay_free(project: Project) -> None:
    [preference] = some(project, 1)
    pull_preferences(project=project)

    task = Task.objects.get()
    assert (task.state, task.kind, task.prompt) == ("complete", "compare", preference.prompt)
    assert not Slot.objects.exists()
    for _ in range(2):
        make_response(preference.about)
    built = build_tasks(project=project)
    assert (built.tasks, built.slots) == (1, 1)
    assert Task.objects.get(state="open").candidates.count() == 4


def test_pulling_again_makes_nothing(project: Project) -> None:
    some(project, 3)

    assert pull_preferences(project=project) == 3
    assert pull_preferences(project=project) == 0
    ImportedPreference.objects.filter(row=4).delete()
    prompt = make_prompt(project)
    stated(prompt, [make_response(prompt)], [make_response(prompt)], row=9)
    assert pull_preferences(project=project) == 1
    assert (Judgment.objects.count(), Comparison.objects.count()) == (4, 4)


def test_work_is_committed_in_batches(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "PREFERENCES_A_BATCH", 2)
    some(project, 5)
    told: list[int] = []

    pull_preferences(project=project, on_progress=told.append)

    assert told == [2, 4, 5]


@pytest.mark.django_db(transaction=True)
def test_several_pulls_at_once_make_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "PREFERENCES_A_BATCH", 7)
    project = make_project()
    some(project, 60)

    made = together(4, lambda _index: pull_preferences(project=project))

    assert sum(made) == 60
    keys = set(Judgment.objects.values_list("submit_key", flat=True))
    assert len(keys) == Judgment.objects.count() == Comparison.objects.count() == 60


def test_authors_are_labelers_of_their_own(project: Project) -> None:
    prompt = make_prompt(project)
    one, two = make_response(prompt), make_response(prompt)
    stated(prompt, [one], [two], author="judge one")
    stated(prompt, [two], [one], author="judge two")
    stated(prompt, [one, two], author="judge one", row=2)

    pull_preferences(project=project)

    by = list(Judgment.objects.order_by("pk").values_list("labeler", flat=True))
    assert by[0] == by[2] != by[1]
    assert not Judgment.objects.filter(labeler__pseudonym__contains="judge")


def test_of_deleted_responses_nothing_is_preferred(project: Project) -> None:
    gone = {"text": "", "deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}
    prompt = make_prompt(project)
    kept = [make_response(prompt), make_response(prompt)]
    lost = make_response(prompt)
    Message.objects.filter(pk=lost.pk).update(**gone)
    stated(prompt, [lost], [kept[0]], row=1)
    stated(prompt, [lost], [kept[1]], [kept[0]], row=2)
    other = make_prompt(project)
    stated(other, [make_response(other)], [make_response(other)], row=3)
    Message.objects.filter(pk=other.pk).update(**gone)
    # A response of another prompt, which no file can name.
    stated(prompt, [kept[0]], [make_response(make_prompt(project))], row=4)

    assert pull_preferences(project=project) == 1
    assert Judgment.objects.get().tiers == [[kept[1].pk], [kept[0].pk]]
    assert not ImportedPreference.objects.filter(judged_at__isnull=True)


def test_each_project_gets_its_own(project: Project) -> None:
    other = make_project()
    some(project, 2)
    some(other, 3)

    assert pull_preferences(project=project) == 2
    assert not Judgment.objects.filter(task__project=other)
    assert pull_all() == 3
    assert Judgment.objects.filter(task__project=other).count() == 3
    assert pull_all() == 0


def test_the_beat_and_a_command_pull(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    some(project, 2)
    named = configured.CELERY_BEAT_SCHEDULE["pull-preferences"]["task"]
    assert named == tasks.pull_preferences.name

    tasks.pull_preferences()
    assert Judgment.objects.count() == 2

    some(other := make_project(), 3)
    call_command("pull_preferences", other.slug, "--json")
    assert json.loads(capsys.readouterr().out) == {"judgments": 3}


@pytest.mark.django_db(transaction=True)
def test_what_is_pulled_after_a_freeze_is_stamped_after_it() -> None:
    project = make_project()
    some(project, 1)

    def pull() -> None:
        pull_preferences(project=project)
        connection.close()

    puller = threading.Thread(target=pull)
    with transaction.atomic():
        freeze_judgments(project_id=project.pk)
        puller.start()
        wait_for_a_waiting_lock()
        cut_off = now()
    puller.join(timeout=30)

    assert Judgment.objects.get().created_at > cut_off


SHP = [
    {
        "history": f"Question {n}?",
        "human_ref_A": f"A {n}.",
        "human_ref_B": f"B {n}.",
        "labels": n % 2,
    }
    for n in range(6)
]


def import_shp(project: Project) -> None:
    content = "".join(json.dumps(row) + "\n" for row in SHP).encode()
    job = start_import(
        project=project,
        preset="shp",
        filename="shp.jsonl",
        content=io.BytesIO(content),
        enqueued=False,
    )
    run_import(job_id=job.pk)


def chosen(line: bytes) -> tuple[str, str, str]:
    row = orjson.loads(line)
    prompt, [best], [worst] = row["prompt"], row["chosen"], row["rejected"]
    return prompt[-1]["content"], best["content"], worst["content"]


EXPECTED = {
    (f"Question {n}?", *((f"A {n}.", f"B {n}.") if n % 2 else (f"B {n}.", f"A {n}.")))
    for n in range(6)
}


def test_imported_preferences_are_listed_and_exported_where_asked_for(project: Project) -> None:
    import_shp(project)

    version = start_version(  # pulls what no worker has pulled yet
        project=project,
        name="main",
        formats=["preference", "judgments"],
        container="jsonl",
        recipe={"purposes": ["imported"], "test_share": 0},
    )
    build_version(version_id=version.pk)

    folder = version_folder(version.uid)
    lines = (folder / "preference.train.jsonl").read_bytes().splitlines()
    assert {chosen(line) for line in lines} == EXPECTED
    judgments = (folder / "judgments.train.jsonl").read_bytes().splitlines()
    assert {orjson.loads(line)["purpose"] for line in judgments} == {"imported"}
    assert len(judgments) == 6
    recipe = {"purposes": ["imported"]}
    streamed = b"".join(stream_rows(project=project, format="preference", recipe=recipe))
    assert {chosen(line) for line in streamed.splitlines()} == EXPECTED
    assert comparisons_of(project=project, purpose="imported").count() == 6


def test_a_dataset_of_work_holds_nothing_imported(project: Project) -> None:
    import_shp(project)
    pull_preferences(project=project)

    assert not b"".join(stream_rows(project=project, format="preference", recipe={}))
    assert comparisons_of(project=project, purpose="work").count() == 0
