"""Leaving while one works: in the middle of a test, and while an answer is on its way."""

from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Message, Project
from labeling.errors import LabelerGone
from labeling.models import Judgment, QualificationAttempt, Skip, Slot
from labeling.services import giving_back
from labeling.services.claiming import claim, skip
from labeling.services.privacy import anonymise, erase
from labeling.services.slots import lock_slot
from labeling.services.submitting import submit
from labeling.services.training import next_practice, next_question, start_test
from tests import factories
from tests.labeling.pages import html
from tests.labeling.test_privacy import PASSWORD, reauthenticated
from tests.labeling.training import answer, training_project
from tests.labeling.work import claimed, project_with_tasks, ranking, together

WORDS = "Words of Ana"


def member(project: Project) -> tuple[User, Labeler]:
    user = factories.make_user("ana@example.org", password=PASSWORD)
    factories.make_member(project, "labeler", user)
    return user, labeler_of(user=user)


# --- in the middle of a training ---


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["erase", "anonymise"])
def test_who_leaves_in_the_middle_of_a_test_has_ended_it(way: str) -> None:
    project = training_project(test=3)
    user, labeler = member(project)
    start_test(project=project, labeler=labeler)
    answer(next_question(project=project, labeler=labeler), labeler)
    done = reauthenticated(user).post(f"/me/data/{way}/", {"sure": "on"})
    assert done.status_code == (200 if way == "erase" else 302)
    labeler.refresh_from_db()
    assert labeler.user is None
    states = Slot.objects.filter(labeler=labeler).order_by("state")
    assert list(states.values_list("state", flat=True)) == ["submitted", "void", "void"]
    assert not Skip.objects.exists()
    attempt = QualificationAttempt.objects.get()
    assert (attempt.score, attempt.passed) == (1 / 3, False)
    assert attempt.finished_at is not None


@pytest.mark.django_db
def test_who_leaves_before_the_first_answer_scored_nothing() -> None:
    project = training_project(test=2)
    user, labeler = member(project)
    start_test(project=project, labeler=labeler)
    erase(user=user, labeler=labeler)
    assert QualificationAttempt.objects.values_list("score", "passed").get() == (0.0, False)


@pytest.mark.django_db
def test_a_practice_item_in_hand_is_given_back() -> None:
    project = training_project(practice=1)
    user, labeler = member(project)
    held = next_practice(project=project, labeler=labeler)
    assert held
    erase(user=user, labeler=labeler)
    assert Slot.objects.get(uid=held.slot).state == "void"


@pytest.mark.django_db
def test_a_refusal_of_leaving_is_words_on_its_page() -> None:
    """Whatever the rule: here the last administrator, who has not named another."""
    admin = factories.make_user("admin@example.org", is_superuser=True, password=PASSWORD)
    refused = reauthenticated(admin).post("/me/data/erase/", {"sure": "on"})
    assert refused.status_code == 400
    assert "You are the last administrator" in html(refused)


# --- an answer that comes late ---


@pytest.mark.django_db
@pytest.mark.parametrize("leave", [erase, lambda user, labeler: anonymise(labeler=labeler)])
@pytest.mark.parametrize("answered", [True, False])
def test_no_word_is_stored_for_who_has_left(leave: Any, answered: bool) -> None:
    project = project_with_tasks(1, modes=["rank", "rationale", "edit"])
    user, stale = member(project)
    task = claimed(project, stale)
    if answered:
        submit(slot_uid=task.slot, labeler=stale, answer=ranking("1", "2"))
    leave(user=user, labeler=labeler_of(user=user))
    late = ranking("2", "1", rationale=WORDS, edit={"response": "1", "text": WORDS})
    with pytest.raises(LabelerGone):
        submit(slot_uid=task.slot, labeler=stale, answer=late)
    assert Judgment.objects.filter(rationale="").count() == Judgment.objects.count() == answered
    assert not Message.objects.filter(origin="edit").exists()


@pytest.mark.django_db
def test_labelers_who_are_no_person_have_nobody_to_leave() -> None:
    project = project_with_tasks(1)
    machine = factories.make_labeler(user=None, kind="machine")
    task = claimed(project, machine)
    submit(slot_uid=task.slot, labeler=machine, answer=ranking("1", "2"))
    assert Judgment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answered", [True, False])
def test_an_answer_waits_for_who_is_just_leaving(answered: bool) -> None:
    """The erasure has locked them and blanked their words; the answer comes before its commit."""
    project = project_with_tasks(1, modes=["rank", "rationale"])
    user, stale = member(project)
    task = claimed(project, stale)
    if answered:
        submit(slot_uid=task.slot, labeler=stale, answer=ranking("1", "2"))
    erased = Event()

    def work(index: int) -> Any:
        if index:
            erased.wait(timeout=60)
            late = ranking("2", "1", rationale=WORDS)
            return submit(slot_uid=task.slot, labeler=stale, answer=late)
        with transaction.atomic():
            erase(user=user, labeler=stale)
            erased.set()
            wait_for_a_waiter()
        return None

    _left, late = together(2, work)
    assert isinstance(late, LabelerGone)
    assert not Judgment.objects.filter(rationale=WORDS).exists()


def wait_for_a_waiter() -> None:
    """Until another connection waits for a lock of this transaction."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return


@pytest.mark.django_db(transaction=True)
def test_leaving_and_working_at_once_never_fails_and_leaves_no_word() -> None:
    """Answers and skips in other tabs, between any two steps of an erasure."""
    project = project_with_tasks(40, modes=["rank", "rationale"], overlap=2)
    for number in range(12):
        user = factories.make_member(project, "labeler")
        labeler = labeler_of(user=user)
        first = claimed(project, labeler)
        second = claimed(project, labeler, holding=[first.slot])

        def work(index: int, first: Any = first, second: Any = second, user: Any = user) -> Any:
            labeler = user.labeler
            if index == 0:
                return erase(user=user, labeler=labeler)
            if index == 1:
                late = ranking("1", "2", rationale=WORDS)
                return submit(slot_uid=first.slot, labeler=labeler, answer=late)
            return skip(slot_uid=second.slot, labeler=labeler, reason="other", note=WORDS)

        erasure, _answer, skipping = together(3, work)
        assert (erasure, skipping) == (None, None), number
        labeler.refresh_from_db()
        assert labeler.erased_at is not None
        assert not Slot.objects.filter(labeler=labeler, state="leased").exists()
    assert not Judgment.objects.filter(rationale=WORDS).exists()
    assert not Skip.objects.filter(note=WORDS).exists()


@pytest.mark.django_db(transaction=True)
def test_a_slot_answered_since_the_list_was_read_stays_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer comes between the reading of the list and the lock."""
    project = project_with_tasks(1)
    user, labeler = member(project)
    task = claim(project=project, labeler=labeler)
    assert task
    slot = task.slot

    def answered_first(*, slot_uid: Any) -> Slot | None:
        answer = ranking("1", "2")
        [stored] = together(1, lambda _: submit(slot_uid=slot, labeler=labeler, answer=answer))
        assert isinstance(stored, Judgment)
        return lock_slot(slot_uid=slot_uid)

    monkeypatch.setattr(giving_back, "lock_slot", answered_first)
    done = reauthenticated(user).post("/me/data/anonymise/", {"sure": "on"})
    assert done.status_code == 302
    assert Slot.objects.get(uid=slot).state == "submitted"
    assert not Skip.objects.exists()
