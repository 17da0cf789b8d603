"""Imports taken back: what they created goes, what others have stays, and what builds on it."""

import pytest

from collector.models import (
    ImportedPreference,
    ImportedRange,
    ImportJob,
    ImportUndo,
    Message,
    MessageFlag,
    Project,
    Thread,
)
from collector.services import import_undoing
from collector.services.import_undoing import built_on, run_undo, start_undo
from collector.services.imports import cancel_import
from common.errors import Conflict
from labeling.models import Comparison, Judgment, Task
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.collector.importing.conftest import ImportFile, counts
from tests.collector.importing.test_jobs import rows, started

PAIR = (
    r'{"chosen": "\n\nHuman: Q0?\n\nAssistant: Yes.", '
    r'"rejected": "\n\nHuman: Q0?\n\nAssistant: No."}'
)
PAIRS = "\n".join(PAIR.replace("Q0", f"Q{number}") for number in range(3))


def undone(job: ImportJob) -> ImportUndo:
    undo = start_undo(job=job, user=None)
    run_undo(undo_id=undo.pk)
    undo.refresh_from_db()
    return undo


def texts() -> set[str]:
    return set(Message.objects.filter(deleted_at=None).values_list("text", flat=True))


def test_only_what_the_import_created_goes_and_the_file_can_come_again(
    import_file: ImportFile, project: Project
) -> None:
    elsewhere = factories.make_project()
    import_file("prompt,response\nOne?,Yes.\n", "a.csv")
    second = import_file("prompt,response\nOne?,Yes.\nOne?,No.\nTwo?,Yes.\n", "b.csv")
    import_file("prompt,response\nTwo?,Yes.\n", "b.csv", project=elsewhere)
    import_file("prompt\nThree?\n", "b.csv")  # of the same source

    undo = undone(second)

    assert (undo.status, undo.messages) == ("succeeded", 3)
    kept = Message.objects.filter(deleted_at=None, project=project)
    assert set(kept.values_list("text", flat=True)) == {"One?", "Yes.", "Three?"}
    assert Message.objects.filter(deleted_at=None, project=elsewhere).count() == 2
    assert set(Message.objects.exclude(deleted_at=None).values_list("text", flat=True)) == {""}
    again = import_file("prompt,response\nOne?,Yes.\nOne?,No.\nTwo?,Yes.\n", "b.csv")
    assert counts(again) == (3, 2, 1, 0)


def test_taking_back_twice_changes_nothing(import_file: ImportFile) -> None:
    job = import_file(rows(20))
    first = undone(job)
    second = undone(job)

    assert second.pk == first.pk
    assert second.messages == 40
    assert not ImportedRange.objects.exists()


def test_what_hangs_on_the_messages_goes_with_them(import_file: ImportFile) -> None:
    options = {"personal_data": "flag", "near_duplicates": "flag"}
    job = import_file("prompt\nWrite to ann@example.org\n", options=options)
    prompt = Message.objects.get()
    Thread.objects.create(prompt=prompt, messages=[{"content": prompt.text}], split_hash=b"")
    assert MessageFlag.objects.exists()

    undone(job)

    assert not MessageFlag.objects.exists()
    assert not Thread.objects.exists()
    assert Message.objects.get().meta == {}


def test_votes_of_the_file_count_no_more(import_file: ImportFile, project: Project) -> None:
    job = import_file(PAIRS, "pairs.jsonl", "hh-rlhf")
    other = import_file(PAIRS.replace("Q", "Other "), "others.jsonl", "hh-rlhf")
    assert Judgment.objects.filter(retired_at=None).count() == 6
    assert built_on(job=job) == []

    undo = undone(job)

    assert (undo.status, undo.messages, undo.preferences) == ("succeeded", 9, 3)
    assert set(ImportedPreference.objects.values_list("source", flat=True)) == {other.source_id}
    standing = Judgment.objects.filter(retired_at=None)
    assert {judgment.task.about.text for judgment in standing} == {
        "Other 0?",
        "Other 1?",
        "Other 2?",
    }
    assert Comparison.objects.filter(retired_at=None).count() == 3
    assert Task.objects.filter(state="void").count() == 3
    assert counts(import_file(PAIRS, "pairs.jsonl", "hh-rlhf")) == (3, 3, 0, 0)
    assert Judgment.objects.filter(retired_at=None).count() == 6


def test_votes_about_models_alone_go_too(import_file: ImportFile) -> None:
    battles = "model_a,model_b,winner\nx,y,model_a\nx,y,tie\n"
    job = import_file(battles, "battles.csv", "arena")
    assert Comparison.objects.filter(retired_at=None).count() == 2

    undone(job)

    assert not Comparison.objects.filter(retired_at=None).exists()


def refusal(job: ImportJob) -> str:
    with pytest.raises(Conflict) as refused:
        start_undo(job=job, user=None)
    assert not ImportUndo.objects.exists()
    return refused.value.detail


def test_tasks_keep_an_import_where_it_is(import_file: ImportFile, project: Project) -> None:
    set_policy(project=project, responses=2)
    job = import_file("prompt,response,model\nOne?,Yes.,a\nOne?,No.,b\n")
    build_tasks(project=project)

    assert "1 task shows its prompts or responses (0 with judgments)." in refusal(job)
    assert texts() == {"One?", "Yes.", "No."}


def test_responses_to_another_imports_prompts_in_tasks_count_too(
    import_file: ImportFile, project: Project
) -> None:
    set_policy(project=project, responses=2)
    import_file("prompt\nOne?\n", "prompts.csv")
    job = import_file("prompt,response,model\nOne?,Yes.,a\nOne?,No.,b\n", "responses.csv")
    build_tasks(project=project)

    assert [found.kind for found in built_on(job=job)] == ["tasks"]


def test_votes_of_another_import_on_its_responses_count(import_file: ImportFile) -> None:
    import_file("prompt\nQ0?\n", "prompts.csv")
    job = import_file("prompt,response\nQ0?,Yes.\nQ0?,No.\n", "responses.csv")
    import_file(PAIRS, "pairs.jsonl", "hh-rlhf")

    assert [found.kind for found in built_on(job=job)] == ["tasks"]


def test_what_models_were_asked_and_others_answered_keeps_it(
    import_file: ImportFile, project: Project
) -> None:
    job = import_file("prompt\nOne?\nTwo?\n", "prompts.csv")
    import_file("prompt,response\nOne?,Yes.\n", "responses.csv")
    run = project.runs.create()
    revision = factories.make_response(Message.objects.get(text="One?")).revision
    assert revision
    run.generations.create(prompt=Message.objects.get(text="Two?"), revision=revision)

    said = refusal(job)

    assert "1 response was asked for in runs." in said
    assert "2 messages of other imports or of people stand below its messages." in said


def test_an_import_under_way_is_cancelled_first(project: Project) -> None:
    job = started(project, rows(3))
    assert "not over" in refusal(job)

    cancel_import(job=job)
    assert undone(job).status == "succeeded"


def test_an_import_of_which_nobody_noted_the_rows_stays(import_file: ImportFile) -> None:
    job = import_file(rows(3))
    ImportedRange.objects.all().delete()

    assert "not known any more" in refusal(job)
    assert len(texts()) == 4


def test_of_a_large_import_the_worker_finds_out_what_builds_on_it(
    import_file: ImportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_undoing, "CHECKED_AT_ONCE", 2)
    job = import_file(rows(3))
    factories.make_response(Message.objects.get(text="prompt 1"), "A late one.")

    undo = undone(job)

    assert (undo.status, undo.messages) == ("failed", 0)
    assert "1 message of another import or of a person" in undo.error
    assert len(texts()) == 5


def test_what_was_built_meanwhile_stops_it_and_it_can_go_on(
    import_file: ImportFile, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.importing.chunks.CHUNK_ROWS", 10)
    job = import_file(rows(30))
    undo = start_undo(job=job, user=None)
    below = Message.objects.get(text="prompt 15")
    late = factories.make_response(below, "A late one.")
    # It was built after the look at the whole.
    monkeypatch.setattr(import_undoing, "_check_nothing_builds", lambda job: None)

    run_undo(undo_id=undo.pk)

    undo.refresh_from_db()
    assert (undo.status, undo.messages) == ("failed", 20)
    assert undo.progress == pytest.approx(1 / 3)
    assert "1 message of another import or of a person" in undo.error
    late.delete()
    assert undone(job).messages == 60
    assert texts() == set()
