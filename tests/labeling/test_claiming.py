from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from common.errors import InvalidInput, NotFound
from labeling.eligibility import NotAJudge
from labeling.errors import LeaseExpired, SlotClosed, TooManyHeld
from labeling.models import Candidate, ClaimCursor, Skip, Slot, Task
from labeling.services.building import build_tasks
from labeling.services.claiming import claim, renew, skip
from labeling.services.policies import set_guidelines, set_policy
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_member, make_project, make_prompt, make_response
from tests.labeling.work import claimed, expire, judge, project_with_tasks, ranking

pytestmark = pytest.mark.django_db


def test_a_claim_shows_the_thread_and_every_response_by_place_only():
    project = make_project()
    set_policy(project=project, responses=3, modes=["rank", "overall"], lease_minutes=7)
    set_guidelines(project=project, text="Be fair.")
    prompt = make_prompt(project, "Why is the sky blue?")
    texts = {"Rayleigh.", "Because.", "It is not."}
    for number, text in enumerate(sorted(texts)):
        make_response(prompt, text, revision=f"secret-model-{number}")
    build_tasks(project=project)

    before = timezone.now()
    task = claimed(project, make_labeler())

    assert task.kind == "compare"
    assert task.modes == ["rank", "overall"]
    assert task.guideline_version == 1
    assert task.prompt == [{"role": "user", "content": "Why is the sky blue?"}]
    assert [shown.id for shown in task.responses] == ["1", "2", "3"]
    assert {shown.text for shown in task.responses} == texts
    assert "secret" not in repr(task)
    slot = Slot.objects.get(uid=task.slot)
    assert slot.expires_at == task.expires_at == slot.granted_at + timedelta(minutes=7)
    assert before <= slot.granted_at <= timezone.now()


def test_the_order_shown_is_stored_and_shuffled():
    project = project_with_tasks(12, responses=5)
    labeler = make_labeler()
    orders = set()
    for _ in range(12):
        judged = judge(project, labeler)
        ids = list(
            Candidate.objects.filter(task=judged.task)
            .order_by("ordinal")
            .values_list("response", flat=True)
        )
        assert sorted(judged.order) == ids
        orders.add(tuple(ids.index(response) for response in judged.order))
    assert len(orders) > 1


def test_tasks_are_served_in_the_order_they_were_built():
    project = project_with_tasks(4)
    labeler = make_labeler()
    served = [judge(project, labeler).task_id for _ in range(4)]
    assert served == list(Task.objects.order_by("id").values_list("pk", flat=True))
    assert claim(project=project, labeler=labeler) is None


def test_lower_bands_are_served_first_and_no_band_is_forgotten():
    project = project_with_tasks(4)
    labeler = make_labeler()
    tasks = list(Task.objects.order_by("id"))
    for task, band in zip(tasks, [7, 1, 0, -1], strict=True):
        Slot.objects.filter(task=task).update(band=band)
    served = [judge(project, labeler).task for _ in range(4)]
    assert served == list(reversed(tasks))


def test_a_held_task_that_is_not_listed_comes_back():
    project = project_with_tasks(3)
    labeler = make_labeler()
    first = claimed(project, labeler)
    again = claimed(project, labeler)
    assert (again.slot, again.responses) == (first.slot, first.responses)
    second = claimed(project, labeler, holding=[first.slot, uuid4()])
    assert second.slot != first.slot
    assert claimed(project, labeler, holding=[second.slot]).slot == first.slot


def test_nobody_holds_more_than_two():
    project = project_with_tasks(3)
    labeler = make_labeler()
    first = claimed(project, labeler)
    second = claimed(project, labeler, holding=[first.slot])
    with pytest.raises(TooManyHeld):
        claim(project=project, labeler=labeler, holding=[first.slot, second.slot])
    submit(slot_uid=first.slot, labeler=labeler, answer=ranking("1", "2"))
    third = claimed(project, labeler, holding=[second.slot])
    assert third.slot not in (first.slot, second.slot)


def test_projects_do_not_mix():
    project, other = project_with_tasks(1), project_with_tasks(1)
    labeler = make_labeler()
    held = claimed(other, labeler)
    task = claimed(project, labeler)
    assert Slot.objects.get(uid=task.slot).project == project
    assert claim(project=project, labeler=labeler, holding=[task.slot]) is None
    assert claimed(other, labeler).slot == held.slot


def test_nobody_judges_a_task_twice_though_it_is_owed_more_judgments():
    project = project_with_tasks(2, overlap=3)
    ana, bo = make_labeler(), make_labeler()
    assert len({judge(project, ana).task_id for _ in range(2)}) == 2
    assert claim(project=project, labeler=ana) is None
    assert claim(project=project, labeler=bo) is not None


def test_a_reserved_task_is_for_its_labeler_only():
    project = project_with_tasks(1)
    ana, bo = make_labeler(), make_labeler()
    Task.objects.update(reserved_for=bo)
    assert claim(project=project, labeler=ana) is None
    assert claim(project=project, labeler=bo) is not None


def test_nobody_judges_a_text_of_their_own():
    project = make_project()
    set_policy(project=project, responses=2)
    ana, bo = make_labeler(), make_labeler()
    prompt = make_prompt(project)
    make_response(prompt)
    make_response(prompt, revision=None, origin="human", labeler=ana)
    build_tasks(project=project)
    assert claim(project=project, labeler=ana) is None
    assert claim(project=project, labeler=bo) is not None


def test_an_expired_lease_goes_to_somebody_else_and_the_late_answer_is_gone():
    project = project_with_tasks(1)
    ana, bo = make_labeler(), make_labeler()
    late = claimed(project, ana)
    assert claim(project=project, labeler=bo) is None
    expire(late.slot)
    task = claimed(project, bo)
    assert task.slot == late.slot
    assert Skip.objects.get().labeler == ana
    assert Skip.objects.get().reason == "expired"
    for call in (
        lambda: submit(slot_uid=late.slot, labeler=ana, answer=ranking("1", "2")),
        lambda: renew(slot_uid=late.slot, labeler=ana),
        lambda: skip(slot_uid=late.slot, labeler=ana, reason="other"),
    ):
        with pytest.raises(LeaseExpired):
            call()
    submit(slot_uid=task.slot, labeler=bo, answer=ranking("1", "2"))
    with pytest.raises(LeaseExpired):
        submit(slot_uid=late.slot, labeler=ana, answer=ranking("1", "2"))
    assert claim(project=project, labeler=ana) is None


def test_an_expired_lease_is_still_its_holders_until_it_is_granted_again():
    project = project_with_tasks(2)
    ana = make_labeler(user=None, kind="machine")
    first = claimed(project, ana)
    expire(first.slot)
    back = claimed(project, ana)
    assert back.slot == first.slot
    assert back.expires_at > timezone.now()
    expire(first.slot)
    assert renew(slot_uid=first.slot, labeler=ana) > timezone.now()
    expire(first.slot)
    submit(slot_uid=first.slot, labeler=ana, answer=ranking("1", "2"))
    assert Slot.objects.get(uid=first.slot).state == "submitted"


def test_expired_leases_are_served_before_fresh_tasks():
    project = project_with_tasks(3)
    first = claimed(project, make_labeler())
    expire(first.slot)
    assert claimed(project, make_labeler()).slot == first.slot


def test_renewing_extends_the_lease_and_never_shortens_it():
    project = project_with_tasks(1, lease_minutes=30)
    labeler = make_labeler(user=None, kind="machine")
    task = claimed(project, labeler)
    assert renew(slot_uid=task.slot, labeler=labeler) > task.expires_at
    Slot.objects.update(expires_at=F("expires_at") + timedelta(days=1))
    far = Slot.objects.get().expires_at
    assert renew(slot_uid=task.slot, labeler=labeler) == far


def test_a_skipped_task_is_owed_again_at_the_end_of_the_queue():
    project = project_with_tasks(2)
    ana, bo = make_labeler(), make_labeler()
    passed = claimed(project, ana)
    for _ in range(2):  # twice is once
        skip(slot_uid=passed.slot, labeler=ana, reason="language", note="Not my tongue.")
    task = Slot.objects.get(uid=passed.slot).task
    assert list(task.slots.order_by("ordinal").values_list("ordinal", "state")) == [
        (1, "skipped"),
        (2, "open"),
    ]
    skipped = Skip.objects.get()
    assert (skipped.labeler, skipped.reason, skipped.note) == (ana, "language", "Not my tongue.")
    assert judge(project, ana).task != task
    assert claim(project=project, labeler=ana) is None
    assert judge(project, bo).task == task
    assert Task.objects.get(pk=task.pk).state == "complete"


def test_a_skipped_reserved_task_is_owed_to_nobody():
    project = project_with_tasks(1)
    ana = make_labeler()
    Task.objects.update(reserved_for=ana)
    skip(slot_uid=claimed(project, ana).slot, labeler=ana, reason="other")
    assert list(Slot.objects.values_list("state", flat=True)) == ["skipped"]


@pytest.mark.parametrize(
    ("reason", "note", "attr"),
    [("expired", "", "reason"), ("bored", "", "reason"), ("other", "a\0b", "note")],
)
def test_a_skip_that_says_nonsense_is_refused(reason, note, attr):
    project = project_with_tasks(1)
    labeler = make_labeler()
    task = claimed(project, labeler)
    with pytest.raises(InvalidInput) as refused:
        skip(slot_uid=task.slot, labeler=labeler, reason=reason, note=note)
    assert refused.value.attr == attr
    assert Slot.objects.get().state == "leased"


def test_a_closed_slot_can_be_neither_skipped_nor_renewed_nor_answered():
    project = project_with_tasks(2)
    labeler = make_labeler()
    done = judge(project, labeler).slot
    with pytest.raises(SlotClosed):
        skip(slot_uid=done.uid, labeler=labeler, reason="other")
    with pytest.raises(SlotClosed):
        renew(slot_uid=done.uid, labeler=labeler)
    passed = claimed(project, labeler)
    skip(slot_uid=passed.slot, labeler=labeler, reason="other")
    with pytest.raises(SlotClosed):
        submit(slot_uid=passed.slot, labeler=labeler, answer=ranking("1", "2"))


def test_a_slot_of_somebody_else_is_not_found():
    project = project_with_tasks(1)
    task = claimed(project, make_labeler())
    stranger = make_labeler()
    for slot_uid in (task.slot, uuid4()):
        with pytest.raises(NotFound):
            submit(slot_uid=slot_uid, labeler=stranger, answer=ranking("1", "2"))
        with pytest.raises(NotFound):
            skip(slot_uid=slot_uid, labeler=stranger, reason="other")
        with pytest.raises(NotFound):
            renew(slot_uid=slot_uid, labeler=stranger)


def test_the_cursor_is_only_a_hint():
    project = project_with_tasks(2)
    labeler = make_labeler()
    first = claimed(project, labeler)
    cursor = ClaimCursor.objects.get(labeler=labeler, project=project)
    assert cursor.seq == Slot.objects.get(uid=first.slot).seq
    ClaimCursor.objects.update(seq=1_000_000)
    assert claimed(project, labeler, holding=[first.slot]).slot != first.slot


def test_rules_and_guidelines_are_those_of_the_moment_of_the_grant():
    project = project_with_tasks(1, modes=["rank"])
    set_guidelines(project=project, text="First.")
    labeler = make_labeler()
    claimed(project, labeler)
    set_policy(project=project, responses=2, modes=["rank", "rationale"])
    set_guidelines(project=project, text="Second.")
    # The clocks of the application and of the database differ by a day.
    Slot.objects.update(
        granted_at=F("granted_at") + timedelta(days=1), expires_at=F("expires_at") + timedelta(1)
    )
    task = claimed(project, labeler)
    assert (task.modes, task.guideline_version) == (["rank"], 1)
    judgment = submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2"))
    judgment.refresh_from_db()
    assert (judgment.policy_version.number, judgment.guideline_version.number) == (1, 1)


def test_a_lease_is_renewed_for_as_long_as_it_was_granted():
    project = project_with_tasks(1, lease_minutes=60)
    labeler = make_labeler(user=None, kind="machine")
    task = claimed(project, labeler)
    set_policy(project=project, responses=2, lease_minutes=600)
    an_hour = timezone.now() + timedelta(minutes=61)
    assert task.expires_at < renew(slot_uid=task.slot, labeler=labeler) < an_hour
    assert claimed(project, labeler).expires_at < an_hour


def test_a_slot_given_to_somebody_else_is_under_the_rules_of_that_moment():
    project = project_with_tasks(1, modes=["rank"])
    expire(claimed(project, make_labeler()).slot)
    set_policy(project=project, responses=2, modes=["rank", "rationale"])
    set_guidelines(project=project, text="First.")
    task = claimed(project, make_labeler())
    assert (task.modes, task.guideline_version) == (["rank", "rationale"], 1)


def test_who_may_judge_no_longer_renews_no_longer_but_submits():
    project = project_with_tasks(2)
    user = make_member(project, "labeler")
    labeler = make_labeler(user=user)
    task = claimed(project, labeler)
    assert renew(slot_uid=task.slot, labeler=labeler) >= task.expires_at
    make_member(project, "reviewer", user)
    with pytest.raises(NotAJudge):
        renew(slot_uid=task.slot, labeler=labeler)
    user.memberships.all().delete()
    with pytest.raises(NotFound):
        renew(slot_uid=task.slot, labeler=labeler)
    assert Slot.objects.get(uid=task.slot).expires_at < timezone.now() + timedelta(minutes=31)
    assert submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2")).slot.state


@pytest.mark.parametrize("responses", [2, 9])
@pytest.mark.django_db(transaction=True)
def test_a_claim_is_two_statements(responses, django_assert_num_queries):
    project = project_with_tasks(3, responses=responses, overlap=2)
    labeler = make_labeler()
    with django_assert_num_queries(2):
        first = claimed(project, labeler)
    with django_assert_num_queries(2):
        claimed(project, labeler)
    with django_assert_num_queries(2):
        claimed(project, labeler, holding=[first.slot])


@pytest.mark.django_db(transaction=True)
def test_a_pooled_connection_claims_and_submits_without_prepared_statements():
    from django.db import connection

    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
    try:
        project = project_with_tasks(1)
        labeler = make_labeler()
        assert judge(project, labeler, "2", "1").labeler == labeler
        assert claim(project=project, labeler=labeler) is None
    finally:
        connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = False
