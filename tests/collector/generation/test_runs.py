"""Which generations a run owes, what it takes over, how it ends, and what it may spend."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from collector.generation.leasing import take
from collector.generation.providers import Completion, Transient
from collector.generation.results import Outcome, settle
from collector.models import Generation, Message, Project, Run, Source
from collector.services.generators import create_generator, recorded_revision
from collector.services.runs import cancel_run, run_progress, start_run
from common.errors import InvalidInput
from tests.collector.generation.conftest import MakeGenerator, make_due, work_run
from tests.factories import make_project, make_prompt, make_response
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db


def owed(run: Run) -> set[tuple[str, str, int]]:
    return set(
        run.generations.values_list("prompt__text", "revision__generator__name", "sample_index")
    )


def test_a_run_owes_each_sample_of_each_generator_for_each_prompt_of_its_project(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator("a")
    make_generator("b")
    make_prompt(project, "One?")
    make_prompt(project, "Two?")
    make_prompt(make_project(), "Of another project?")
    make_prompt(project, "Deleted?", deleted_at="2026-01-01T00:00Z")
    run = start_run(project=project, generators=["a", "b"], samples=2)
    assert owed(run) == {
        (prompt, name, sample) for prompt in ("One?", "Two?") for name in "ab" for sample in (0, 1)
    }
    assert run.status == Run.Status.QUEUED
    assert run_progress(run=run)["share"] == 0.0


def test_asking_again_asks_only_for_what_is_not_there(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    make_prompt(project, "One?")
    work_run(start_run(project=project, generators=["bot"]))
    make_prompt(project, "Two?")
    second = start_run(project=project, generators=["bot"], samples=2)
    assert owed(second) == {("One?", "bot", 1), ("Two?", "bot", 0), ("Two?", "bot", 1)}
    work_run(second)
    nothing_left = start_run(project=project, generators=["bot"], samples=2)
    assert owed(nothing_left) == set()
    assert nothing_left.status == Run.Status.SUCCEEDED
    assert run_progress(run=nothing_left)["share"] == 1.0
    assert len(llm.received) == 4


def test_failed_and_cancelled_ones_are_asked_for_again_in_the_new_run(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator("fails", steps="400|ok")
    make_generator("waits")
    make_prompt(project)
    first = start_run(project=project, generators=["fails"])
    work_run(first)
    cancelled = cancel_run(run=start_run(project=project, generators=["waits"]))
    assert cancelled.status == Run.Status.CANCELLED
    second = start_run(project=project, generators=["fails", "waits"])
    work_run(second)
    assert run_progress(run=second)["succeeded"] == 2
    assert second.generations.filter(attempts=1, error="").count() == 2
    assert first.generations.count() == cancelled.generations.count() == 0


def test_pending_ones_stay_with_the_run_that_owes_them(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    make_prompt(project)
    first = start_run(project=project, generators=["bot"])
    second = start_run(project=project, generators=["bot"])
    assert (first.generations.count(), second.generations.count()) == (1, 0)


def test_prompts_are_filtered(project: Project, make_generator: MakeGenerator) -> None:
    make_generator()
    source = Source.objects.create(project=project, kind="table", name="questions.csv")
    other = Source.objects.create(project=project, kind="table", name="others.csv")
    make_prompt(project, "Erste?", source=source, language="de")
    second = make_prompt(project, "Second?", source=source, language="en")
    make_prompt(project, "Third?", source=source, language="en")
    make_prompt(project, "Fourth?", source=other, language="en")
    make_response(second, revision="bot")

    def chosen(**prompts: Any) -> list[str]:
        run = start_run(project=project, generators=["bot"], prompts=prompts)
        texts = sorted(run.generations.values_list("prompt__text", flat=True))
        Generation.objects.all().delete()
        return texts

    assert chosen(source="questions.csv") == ["Erste?", "Second?", "Third?"]
    assert chosen(source=str(other.uid)) == ["Fourth?"]
    assert chosen(language="en") == ["Fourth?", "Second?", "Third?"]
    assert chosen(language="en", missing=True) == ["Fourth?", "Third?"]
    assert chosen(limit=2) == ["Erste?", "Second?"]
    assert chosen(source="questions.csv", language="en", missing=True, limit=5) == ["Third?"]


def test_prompts_are_filtered_by_tag_id_and_number_of_responses(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    none = make_prompt(project, "None?", meta={"tags": ["tea", "water"]})
    one = make_prompt(project, "One?", meta={"tags": ["teapot"]})
    two = make_prompt(project, "Two?", meta={"tags": "tea"})
    theirs = make_prompt(make_project(), "Theirs?")
    make_response(none, revision="another")
    make_response(one, revision="bot")
    make_response(two, revision="bot")
    make_response(two, revision="bot")

    def chosen(**prompts: Any) -> list[str]:
        run = start_run(project=project, generators=["bot"], prompts=prompts)
        texts = sorted(run.generations.values_list("prompt__text", flat=True))
        Generation.objects.all().delete()
        return texts

    assert chosen(tag="tea") == ["None?"]
    assert chosen(ids=[str(two.uid), str(none.uid), str(theirs.uid)]) == ["None?", "Two?"]
    assert chosen(missing=True) == chosen(missing=1) == ["None?"]
    assert chosen(missing=2) == ["None?", "One?"]
    assert chosen(missing=False) == ["None?", "One?", "Two?"]


def test_another_generator_of_a_finished_project_fills_what_is_missing_alone(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator("first")
    for number in range(3):
        make_prompt(project, f"Prompt {number}?")
    work_run(start_run(project=project, generators=["first"], samples=2))
    make_generator("second")
    run = start_run(project=project, generators=["first", "second"], samples=2)
    work_run(run)
    assert {name for _, name, _ in owed(run)} == {"second"}
    assert len(llm.received) == 12
    assert run.status == Run.Status.SUCCEEDED


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        ({"generators": []}, "generators"),
        ({"generators": ["nobody"]}, "generators"),
        ({"generators": ["off"]}, "generators"),
        ({"samples": 0}, "samples"),
        ({"samples": 101}, "samples"),
        ({"prompts": "some"}, "prompts"),
        ({"prompts": {"colour": "blue"}}, "prompts"),
        ({"prompts": {"source": "of-nobody"}}, "prompts"),
        ({"prompts": {"source": "a\0b"}}, "prompts"),
        ({"prompts": {"language": "\ud83d"}}, "prompts"),
        ({"prompts": {"limit": 0}}, "prompts"),
        ({"prompts": {"limit": 2**63}}, "prompts"),
        ({"prompts": {"missing": "yes"}}, "prompts"),
        ({"prompts": {"missing": 0}}, "prompts"),
        ({"prompts": {"tag": "a\0b"}}, "prompts"),
        ({"prompts": {"ids": "all"}}, "prompts"),
        ({"prompts": {"ids": ["no uid"]}}, "prompts"),
        ({"prompts": {"ids": []}}, "prompts"),
        ({"prompts": {"ids": ["x"] * 10_001}}, "prompts"),
        ({"budget": "much"}, "budget"),
        ({"budget": -1}, "budget"),
        ({"budget": 1}, "budget"),  # without prices nobody knows what is spent
    ],
)
def test_what_is_refused_names_the_field_and_starts_nothing(
    wrong: dict[str, Any], attr: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    make_generator("off", enabled=False)
    asked: dict[str, Any] = {"generators": ["bot"]}
    with pytest.raises(InvalidInput) as refusal:
        start_run(project=project, **(asked | wrong))
    assert refusal.value.attr == attr
    assert not Run.objects.exists()


def test_a_cancelled_run_asks_no_more_and_keeps_what_came(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    for _ in range(3):
        make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    revision, token = run.revisions.get(), uuid4()
    taken = take(revision=revision, token=token, limit=2)
    cancel_run(run=run)
    assert run_progress(run=run)["cancelled"] == 1
    outcomes: dict[int, Outcome] = {
        taken[0].pk: Completion(text="Paid for."),
        taken[1].pk: Transient("busy"),
    }
    settle(token=token, revision=revision, outcomes=outcomes)
    work_run(run)
    progress = run_progress(run=run)
    assert (progress["succeeded"], progress["cancelled"], progress["pending"]) == (1, 2, 0)
    assert progress["status"] == Run.Status.CANCELLED
    assert llm.received == []


def test_cancelling_what_has_ended_changes_nothing(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    assert cancel_run(run=run).status == Run.Status.SUCCEEDED


def test_a_recorded_generator_succeeds_with_what_was_imported(project: Project) -> None:
    chatgpt = recorded_revision(name="chatgpt")
    answered, unanswered = make_prompt(project, "Answered?"), make_prompt(project, "Not?")
    first = make_response(answered, "One.", revision=chatgpt)
    second = make_response(answered, "Two.", revision=chatgpt)
    make_response(answered, "Three.", revision="another")
    run = start_run(project=project, generators=["chatgpt"], samples=2)
    work_run(run)
    linked = run.generations.filter(prompt=answered).order_by("sample_index")
    assert [generation.response for generation in linked] == [first, second]
    missing = run.generations.filter(prompt=unanswered)
    assert {(generation.status, generation.error) for generation in missing} == {
        ("failed", "There is no recorded response to this prompt.")
    }
    assert Message.objects.filter(role="assistant").count() == 3
    assert run.status == Run.Status.SUCCEEDED


def test_a_budget_stops_before_it_is_passed(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(
        steps="words:10",
        prices={"input": 0, "output": 1000},
        parameters={"max_tokens": 10},
        limits={"concurrency": 4},
    )
    for _ in range(10):
        make_prompt(project)
    run = start_run(project=project, generators=["bot"], budget=Decimal("0.035"))
    work_run(run)
    progress = run_progress(run=run)
    assert len(llm.received) == 3  # a cent each; the fourth would pass the budget
    assert progress["cost"] == "0.03"
    assert (progress["succeeded"], progress["pending"]) == (3, 7)
    assert run.status == Run.Status.PAUSED
    assert run.error == "Paused: the next response could pass the run's budget of $0.035."


@pytest.mark.parametrize("steps", ["nousage", "cut|ok", "badjson|ok", "502|ok", "nochoices"])
def test_what_was_not_told_counts_as_the_most_it_can_cost(
    steps: str, llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(
        steps=steps,
        prices={"input": 10, "output": 10},
        parameters={"max_tokens": 100},
        limits={"concurrency": 2},
    )
    for number in range(10):
        make_prompt(project, f"Prompt {number}")
    run = start_run(project=project, generators=["bot"], budget="0.003")
    work_run(run)
    assert len(llm.received) == 2  # 0.0014 each at most: 100 tokens written, 40 read
    assert run_progress(run=run)["cost"] == "0.0028"
    assert run.generations.filter(cost=Decimal("0.0014"), reserved=None).count() == 2
    make_due(run)
    work_run(run)
    assert len(llm.received) == 2
    assert run.status == Run.Status.PAUSED
    assert "budget" in run.error


def test_what_cannot_have_been_billed_costs_nothing(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(
        steps="429:600|500|400",
        prices={"input": 0, "output": 1000},
        parameters={"max_tokens": 10},
    )
    make_prompt(project)
    run = start_run(project=project, generators=["bot"], budget="0.01")
    for _ in range(3):
        make_due(run)
        work_run(run)
    assert len(llm.received) == 3
    assert run_progress(run=run)["cost"] == "0"
    assert run.status == Run.Status.FAILED


def test_an_attempt_that_is_paid_in_vain_stays_in_the_cost_of_its_generation(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(
        steps="cut|words:1", prices={"input": 0, "output": 1000}, parameters={"max_tokens": 10}
    )
    make_prompt(project)
    run = start_run(project=project, generators=["bot"], budget="1")
    for _ in range(2):
        make_due(run)
        work_run(run)
    assert len(llm.received) == 2
    assert run_progress(run=run)["cost"] == "0.011"
    assert run.status == Run.Status.SUCCEEDED


def test_replies_cheaper_than_feared_leave_budget_for_more(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(
        steps="words:1", prices={"input": 0, "output": 1000}, parameters={"max_tokens": 10}
    )
    for _ in range(10):
        make_prompt(project)
    run = start_run(project=project, generators=["bot"], budget="0.025")
    work_run(run)
    assert len(llm.received) == 10
    assert run_progress(run=run)["cost"] == "0.01"
    assert run.status == Run.Status.SUCCEEDED


@pytest.mark.parametrize(
    ("steps", "status"), [("400", Run.Status.FAILED), ("ok", Run.Status.SUCCEEDED)]
)
def test_a_run_fails_only_if_everything_failed(
    steps: str, status: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator("broken", steps="400")
    make_generator("other", steps=steps)
    make_prompt(project)
    run = start_run(project=project, generators=["broken", "other"])
    work_run(run)
    assert run.status == status
    assert run.finished_at is not None


def test_the_command_works_a_run_itself_and_prints_json(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, capsys: Any
) -> None:
    make_generator(steps="429:0|ok")
    make_prompt(project)
    call_command("generate", project.slug, generator=["bot"], samples=2, inline=True, json=True)
    result = json.loads(capsys.readouterr().out)
    assert result["id"] == str(Run.objects.get().uid)
    assert (result["status"], result["succeeded"]) == ("succeeded", 2)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nowhere", "--generator", "bot"], "no project “nowhere”"),
        (["generation", "--generator", "nobody"], "no generator “nobody”"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: list[str], line: str, project: Project) -> None:
    create_generator(name="bot", provider="recorded")
    with pytest.raises(CommandError, match=line):
        call_command("generate", *arguments)
