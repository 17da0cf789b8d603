"""The preset `hh-rlhf`."""

import gzip

import pytest

from collector.models import ImportedPreference, Message, Project
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.collector.importing.sources import author, json_lines, preferences

HEAD = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Two\n\nparts?\n\nAssistant:"


def row(chosen: str, rejected: str) -> dict[str, str]:
    return {"chosen": chosen, "rejected": rejected}


def thread(prompt: Message) -> list[tuple[str, str]]:
    turns = []
    message: Message | None = prompt
    while message:
        turns.append((message.role, message.text))
        message = message.parent
    return turns[::-1]


def test_transcripts_become_turns_two_responses_and_a_preference(
    import_file: ImportFile, project: Project
) -> None:
    job = import_file(
        json_lines(row(HEAD + " First.\n\nSecond.", HEAD + " No.")), "train.jsonl", "hh-rlhf"
    )

    assert (job.status, counts(job)) == ("succeeded", (1, 1, 0, 0))
    prompt = Message.objects.get(depth=2)
    assert thread(prompt) == [("user", "Hi"), ("assistant", "Hello."), ("user", "Two\n\nparts?")]
    replies = prompt.children.order_by("text")
    assert [each.text for each in replies] == ["First.\n\nSecond.", "No."]
    assert [author(each) for each in replies] == [None, None]
    assert preferences(project) == [
        (1, "Two\n\nparts?", [["First.\n\nSecond."], ["No."]], "hh-rlhf")
    ]


def test_code_keeps_its_indentation_and_lines(import_file: ImportFile) -> None:
    head = "\n\nHuman: Code?\n\nAssistant:"
    import_file(
        json_lines(row(head + "\n\n    if x:\n\n        y\n", head + " No")), "h.jsonl", "hh-rlhf"
    )

    assert set(Message.objects.filter(role="assistant").values_list("text", flat=True)) == {
        "\n\n    if x:\n\n        y",
        "No",
    }


def test_importing_again_creates_nothing(import_file: ImportFile) -> None:
    rows = json_lines(row(HEAD + " a", HEAD + " b"), row(HEAD + " a", HEAD + " c"))

    packed = gzip.compress(rows.encode())
    assert counts(import_file(packed, "train.jsonl.gz", "hh-rlhf")) == (2, 2, 0, 0)
    assert counts(import_file(packed, "train.jsonl.gz", "hh-rlhf")) == (2, 0, 2, 0)
    assert ImportedPreference.objects.count() == 2
    assert Message.objects.count() == 6


ONE = "\n\nHuman: q\n\nAssistant:"


@pytest.mark.parametrize(
    ("chosen", "rejected", "code"),
    [
        (ONE, ONE + " b", "empty_response"),
        (ONE + " a", ONE + " \n", "empty_response"),
        (ONE + " a", ONE + "  a", "same_responses"),
        (ONE + " a", "\n\nHuman: other\n\nAssistant: b", "different_prompts"),
        # The last mark is in the reply itself, so what stands before differs.
        (ONE + " Say:\n\nAssistant: a", ONE + " b", "different_prompts"),
        (ONE + " a\n\nHuman: Thanks", ONE + " b", "bad_conversation"),
        ("Hello" + ONE + " a", "Hello" + ONE + " b", "bad_conversation"),
        ("\n\nAssistant: a", "\n\nAssistant: b", "bad_conversation"),
        ("\n\nHuman: q\n\nHuman: r\n\nAssistant: a",) * 2 + ("same_responses",),
        (
            "\n\nHuman: q\n\nHuman: r\n\nAssistant: a",
            "\n\nHuman: q\n\nHuman: r\n\nAssistant: b",
            "bad_conversation",
        ),
        (
            "\n\nHuman: q\n\nAssistant:\n\nHuman: r\n\nAssistant: a",
            "\n\nHuman: q\n\nAssistant:\n\nHuman: r\n\nAssistant: b",
            "empty_prompt",
        ),
        ("no transcript", ONE + " b", "bad_conversation"),
        ("", ONE + " b", "empty_chosen"),
    ],
)
def test_what_is_no_comparison_is_rejected(
    import_file: ImportFile, chosen: str, rejected: str, code: str
) -> None:
    job = import_file(
        json_lines(row(HEAD + " a", HEAD + " b"), row(chosen, rejected)), "h.jsonl", "hh-rlhf"
    )

    assert counts(job) == (2, 1, 0, 1)
    assert rejections(job) == [(2, code)]
    assert ImportedPreference.objects.count() == 1
