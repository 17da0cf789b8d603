"""Checks of an import: what is found is told, flagged or left out, and counted in the end."""

import json
from io import BytesIO

import pytest

from collector.models import Message, MessageFlag, PromptSignature
from collector.services.flags import dismiss_flags
from collector.services.imports import run_import, start_import
from common.errors import InvalidInput
from tests.factories import make_project, make_user

POEM = "Write a short poem about the cats of my neighbour in the rain"
NEAR = "write a short poem about the cat of my neighbour, in the rain!"
OTHER = "How far is it from Lisbon to Porto by train?"


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def prompts(*texts):
    return lines(*({"prompt": text} for text in texts))


def flagged(kind):
    flags = MessageFlag.objects.filter(kind=kind).select_related("message").order_by("message_id")
    return [(flag.message.text, flag.detail) for flag in flags]


def counts(job):
    assert job.status == "succeeded", job.error
    return job.read, job.created, job.duplicates, job.rejected


def test_near_duplicates_are_flagged_with_what_they_are_near_to(import_file):
    job = import_file(prompts(POEM, OTHER, NEAR), "p.jsonl", options={"near_duplicates": "flag"})
    assert counts(job) == (3, 3, 0, 0)
    assert flagged("near_duplicate") == [(NEAR, {"of": "row 1", "similarity": 0.85})]
    assert job.findings == {
        "near_duplicate": {
            "count": 1,
            "samples": [{"row": 3, "detail": "of: row 1, similarity: 0.85"}],
        }
    }
    assert PromptSignature.objects.count() == 3


def test_near_duplicates_are_found_among_what_is_stored_of_the_same_project(import_file):
    options = {"near_duplicates": "flag"}
    import_file(prompts(POEM), "elsewhere.jsonl", project=make_project(), options=options)
    import_file(prompts(POEM, OTHER), "first.jsonl", options=options)
    job = import_file(prompts(NEAR), "second.jsonl", options=options)
    stored = Message.objects.get(project=job.source.project, text=POEM)
    assert flagged("near_duplicate") == [(NEAR, {"of": str(stored.uid), "similarity": 0.85})]


def test_near_duplicates_are_left_out_and_counted_as_duplicates(import_file):
    options = {"near_duplicates": "skip"}
    job = import_file(prompts(POEM, NEAR, POEM, OTHER), "p.jsonl", options=options)
    assert counts(job) == (4, 2, 2, 0)
    assert set(Message.objects.values_list("text", flat=True)) == {POEM, OTHER}
    assert job.findings["near_duplicate_skipped"]["count"] == 1
    assert flagged("near_duplicate") == []


@pytest.mark.parametrize("policy", ["flag", "skip"])
def test_a_file_imported_again_brings_nothing_and_flags_nothing_else(import_file, policy):
    options = {"near_duplicates": policy}
    first = import_file(prompts(POEM, NEAR, OTHER), "p.jsonl", options=options)
    before = flagged("near_duplicate")
    again = import_file(prompts(NEAR, POEM, OTHER), "p.jsonl", options=options)
    assert (first.created, again.created) == ({"flag": 3, "skip": 2}[policy], 0)
    assert flagged("near_duplicate") == before


def test_what_a_person_dismissed_is_not_raised_again(import_file):
    rows = prompts("Mail me: ann@example.org")
    import_file(rows, "p.jsonl", options={"personal_data": "flag"})
    flag = MessageFlag.objects.get()
    dismiss_flags(flags=[flag.pk], user=make_user())
    import_file(rows, "p.jsonl", options={"personal_data": "flag"})
    assert MessageFlag.objects.get().dismissed_at is not None


def test_personal_data_is_flagged_in_prompts_and_responses(import_file):
    row = {"prompt": "Who is bo@example.org?", "response": "Call (212) 555-0147.", "model": "a"}
    job = import_file(lines(row, {"prompt": OTHER}), "p.jsonl", options={"personal_data": "flag"})
    assert flagged("pii") == [
        ("Who is bo@example.org?", {"types": {"email": 1}, "spans": [[7, 21, "email"]]}),
        ("Call (212) 555-0147.", {"types": {"phone": 1}, "spans": [[5, 19, "phone"]]}),
    ]
    assert job.findings["pii"]["count"] == 2


def test_responses_are_looked_at_unless_that_is_switched_off(import_file):
    loop, refusal = "I know. " * 40, "I'm sorry, but I can't help with that."
    rows = lines(
        {"prompt": POEM, "response": loop.strip(), "model": "a"},
        {"prompt": POEM, "response": refusal, "model": "b"},
        {"prompt": POEM, "response": "It rains, and the cats purr.", "model": "c"},
    )
    import_file(rows, "off.jsonl", project=make_project(), options={"responses": "off"})
    assert MessageFlag.objects.count() == 0
    job = import_file(rows, "on.jsonl")
    assert [text for text, _ in flagged("repetitive")] == [loop.strip()]
    assert [text for text, _ in flagged("refusal")] == [refusal]
    assert {kind: found["count"] for kind, found in job.findings.items()} == {
        "refusal": 1,
        "repetitive": 1,
    }


def test_a_language_is_detected_where_the_row_says_none(import_file):
    rows = lines(
        {"prompt": "Wie weit ist es von Bonn nach Köln mit dem Fahrrad?"},
        {"prompt": OTHER, "language": "xx"},
        {"prompt": "12345 67"},
    )
    import_file(rows, "p.jsonl", options={"language": "detect"})
    found = list(Message.objects.order_by("id").values_list("language", flat=True))
    assert found == ["de", "xx", ""]


def test_a_response_in_another_language_than_its_prompt_is_flagged(import_file):
    german = "Mit dem Zug dauert es ungefähr drei Stunden, mit dem Rad viel länger."
    rows = lines(
        {"prompt": OTHER, "response": german, "model": "a"},
        {
            "prompt": OTHER,
            "response": "Three hours by train, and longer by bicycle.",
            "model": "b",
        },
        {"prompt": OTHER, "response": "Drei Stunden.", "model": "c"},  # too short to tell
        {"prompt": "Wie weit?", "language": "de-AT", "response": german, "model": "a"},
    )
    import_file(rows, "p.jsonl", options={"language": "detect"})
    assert flagged("wrong_language") == [(german, {"prompt": "en", "response": "de"})]


def test_findings_are_told_while_the_import_goes_on(project, monkeypatch):
    monkeypatch.setattr("collector.importing.chunks.CHUNK_ROWS", 1)
    job = start_import(
        project=project,
        preset="table",
        filename="p.jsonl",
        content=BytesIO(prompts(POEM, NEAR, OTHER).encode()),
        options={"near_duplicates": "flag"},
        enqueued=False,
    )
    seen = []

    def look(_job):
        job.refresh_from_db()
        found = job.findings.get("near_duplicate", {}).get("count", 0)
        seen.append((job.status, job.read, found))

    run_import(job_id=job.pk, on_progress=look)
    assert seen[:3] == [("running", 1, 0), ("running", 2, 1), ("running", 3, 1)]


@pytest.mark.parametrize(
    "options", [{"near_duplicates": "perhaps"}, {"nonsense": "1"}, {"template": "none"}]
)
def test_options_there_are_not_are_refused(import_file, options):
    with pytest.raises(InvalidInput):
        import_file(prompts(POEM), "p.jsonl", options=options)
