"""What a reward model thinks of judgments: marked, shown to who has answered, and never a vote."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.services import labeler_of
from collector.models import Message, Project
from common.errors import InvalidInput
from labeling.models import Comparison, Judgment, Opinion
from labeling.scorers import Conversation
from labeling.services.building import build_tasks
from labeling.services.opinions import margin_of, score_judgments
from labeling.services.policies import set_policy
from tests.factories import make_labeler, make_member, make_project, make_prompt, make_response
from tests.labeling.pages import html, sign_in
from tests.labeling.work import claimed, judge, ranking

pytestmark = pytest.mark.django_db


class Longer:
    """Finds longer responses better, by a tenth a letter."""

    def __init__(self, name: str = "longer@1") -> None:
        self.name = name
        self.read: list[Conversation] = []

    def scores(self, conversations: Sequence[Conversation]) -> list[float]:
        self.read.extend(conversations)
        return [len(conversation[-1]["content"]) / 10 for conversation in conversations]


@pytest.fixture
def project() -> Project:
    """Two prompts with responses of 10, 50 and 100 letters, each to be judged twice."""
    project = make_project()
    set_policy(project=project, responses=3, overlap=2, modes=["rank"])
    for number in range(2):
        prompt = make_prompt(project, f"Why {number}?")
        for index, letters in enumerate((10, 50, 100)):
            make_response(prompt, "x" * letters, revision=f"model-{index}")
    build_tasks(project=project)
    return project


def answer(project: Project, labeler: Any, *lengths: Sequence[int]) -> Judgment:
    """Claim a task and put responses of these lengths in tiers."""
    from labeling.services.submitting import submit

    task = claimed(project, labeler)
    place_of = {len(shown.text): shown.id for shown in task.responses}
    tiers = ["".join(place_of[length] for length in tier) for tier in lengths]
    return submit(slot_uid=task.slot, labeler=labeler, answer=ranking(*tiers))


def test_a_judgment_against_the_scorer_is_surprising_and_one_with_it_is_not(
    project: Project,
) -> None:
    with_it = answer(project, make_labeler(), [100], [50], [10])
    against = answer(project, make_labeler(), [10], [50], [100])
    scorer = Longer()
    done = score_judgments(project=project, scorer=scorer)
    assert (done.scorer, done.judgments, done.surprising) == ("longer@1", 2, 1)
    found = {row.judgment_id: row for row in Opinion.objects.all()}
    assert found.keys() == {with_it.pk, against.pk}
    assert found[with_it.pk].margin == pytest.approx((9 + 5 + 4) / 3)
    assert found[against.pk].margin == pytest.approx(-(9 + 5 + 4) / 3)
    assert [found[pk].surprising for pk in (with_it.pk, against.pk)] == [False, True]
    assert len(scorer.read) == len(
        {conversation[-1]["content"] + conversation[0]["content"] for conversation in scorer.read}
    )
    assert all(conversation[0]["role"] == "user" for conversation in scorer.read)


def test_a_scorer_reads_a_judgment_once_and_another_one_again(project: Project) -> None:
    answer(project, make_labeler(), [10], [50, 100])
    assert score_judgments(project=project, scorer=Longer()).judgments == 1
    later = answer(project, make_labeler(), [100], [10], [50])
    assert score_judgments(project=project, scorer=Longer()).judgments == 1
    assert score_judgments(project=project, scorer=Longer()).judgments == 0
    assert score_judgments(project=project, scorer=Longer("longer@2")).judgments == 2
    assert set(later.opinions.values_list("scorer", flat=True)) == {"longer@1", "longer@2"}


def test_what_is_retired_unranked_or_of_another_project_is_not_read(project: Project) -> None:
    answer(project, make_labeler(), [10, 50, 100])  # all tied: nothing is decided
    retired = answer(project, make_labeler(), [10], [50], [100])
    Judgment.objects.filter(pk=retired.pk).update(retired_at=retired.created_at)
    judge(project, make_labeler(), tiers=None, not_rankable="All are wrong.")
    assert score_judgments(project=project, scorer=Longer()).judgments == 0
    other = make_project()
    assert score_judgments(project=other, scorer=Longer()).judgments == 0


def test_texts_that_are_gone_are_not_read(project: Project) -> None:
    answer(project, make_labeler(), [10], [50], [100])
    now = Judgment.objects.get().created_at
    Message.objects.filter(text="x" * 50).update(deleted_at=now)
    assert score_judgments(project=project, scorer=Longer()).judgments == 0


def test_surprise_begins_where_the_scorer_is_as_sure_as_asked(project: Project) -> None:
    answer(project, make_labeler(), [10, 50], [100])  # the mean of -9 and -5
    sure = 1 / (1 + math.exp(-7))
    below, above = Longer("below"), Longer("above")
    assert score_judgments(project=project, scorer=below, confidence=sure - 1e-6).surprising == 1
    assert score_judgments(project=project, scorer=above, confidence=sure + 1e-6).surprising == 0
    for wrong in (0.4, 1.0, math.nan):
        with pytest.raises(InvalidInput):
            score_judgments(project=project, scorer=Longer(), confidence=wrong)


def test_margins_are_means_over_decided_pairs() -> None:
    scores = {1: 0.0, 2: 1.0, 3: 4.0}
    assert margin_of([[3], [1, 2]], scores) == pytest.approx((4 + 3) / 2)
    assert margin_of([[1, 2, 3]], scores) is None
    assert margin_of([[1], [9]], scores) is None


def test_an_opinion_changes_no_vote(project: Project) -> None:
    answer(project, make_labeler(), [10], [50], [100])
    before = list(Comparison.objects.order_by("pk").values())
    score_judgments(project=project, scorer=Longer())
    assert list(Comparison.objects.order_by("pk").values()) == before


def test_the_mark_is_shown_on_ones_own_answer_and_to_nobody_else(project: Project) -> None:
    ana, bo = make_member(project, "labeler"), make_member(project, "labeler")
    surprising = answer(project, labeler_of(user=ana), [10], [50], [100])
    plain = answer(project, labeler_of(user=ana), [100], [50], [10])
    answer(project, labeler_of(user=bo), [100], [50], [10])
    score_judgments(project=project, scorer=Longer())
    client = sign_in(ana)
    assert html(client.get("/me/contributions/")).count(">surprising<") == 1
    words = "would have chosen otherwise"
    assert words in html(client.get(f"/me/contributions/{surprising.uid}/"))
    assert words not in html(client.get(f"/me/contributions/{plain.uid}/"))
    _nothing_for(bo, words)


def _nothing_for(user: Any, words: str) -> None:
    """Neither on the page of the task that is still theirs to judge, nor in their answers."""
    client: Client = sign_in(user)
    assert ">surprising<" not in html(client.get("/me/contributions/"))
    own = labeler_of(user=user).judgments.get()
    assert words not in html(client.get(f"/me/contributions/{own.uid}/"))


def test_a_folder_without_a_reward_model_is_one_clear_line(
    project: Project, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="There is no reward model in"):
        call_command("score_judgments", project.slug, "--model", str(tmp_path))
