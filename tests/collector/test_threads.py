import hashlib

import pytest

from collector.models import Message, Thread
from collector.services.threads import ensure_threads
from collector.text import content_hash, split_hash
from tests.factories import make_project, make_prompt

pytestmark = pytest.mark.django_db


def say(parent: Message, role: str, text: str) -> Message:
    return Message.objects.create(
        project=parent.project,
        parent=parent,
        root=parent.root or parent,
        depth=parent.depth + 1,
        role=role,
        text=text,
        content_hash=content_hash(text),
        thread_hash=hashlib.sha256(text.encode()).digest() if role == "user" else None,
        origin="imported",
    )


def test_a_thread_runs_from_the_root_to_the_prompt_and_no_further():
    project = make_project()
    system = Message.objects.create(
        project=project, role="system", text="Be brief.", content_hash=content_hash("Be brief."),
        origin="imported",
    )  # fmt: skip
    first = say(system, "user", "Why?")
    answer = say(first, "assistant", "Because “so”.")
    say(first, "assistant", "Another branch.")
    second = say(answer, "user", "Really?")
    say(second, "assistant", "Yes.")

    ensure_threads(prompts=[second.pk, answer.pk])

    thread = Thread.objects.get()
    assert thread.prompt == second
    assert thread.messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "Because “so”."},
        {"role": "user", "content": "Really?"},
    ]
    assert bytes(thread.split_hash) == split_hash(
        (turn["role"], turn["content"]) for turn in thread.messages
    )


def test_all_that_follows_from_one_prompt_is_split_as_it_is():
    opening = [("system", "Be brief."), ("user", "Why?")]
    later = [*opening, ("assistant", "So."), ("user", "Really?")]
    assert split_hash(later) == split_hash(opening)
    assert split_hash(opening) == split_hash([("system", "be  brief."), ("user", " WHY?")])
    assert split_hash(opening) != split_hash(opening[1:])
    assert split_hash(opening) != split_hash([opening[0], ("user", "Why not?")])


def test_threads_that_are_there_are_kept(django_assert_num_queries):
    prompts = [make_prompt(make_project()).pk for _ in range(3)]
    ensure_threads(prompts=prompts)
    with django_assert_num_queries(1):
        ensure_threads(prompts=prompts)
    assert Thread.objects.count() == 3


def test_prompts_that_differ_in_case_or_spacing_share_a_split():
    project = make_project()
    prompts = [make_prompt(project, text).pk for text in ("What  is it?", "what is IT?")]
    ensure_threads(prompts=prompts)
    assert len({bytes(thread.split_hash) for thread in Thread.objects.all()}) == 1
