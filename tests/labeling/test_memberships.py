"""Other roles, pauses and the way out of a project, and what follows for the work."""

import pytest

from accounts.services import labeler_of
from collector.models import Membership
from collector.services.members import LastResearcher
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from labeling.errors import Paused, SlotClosed
from labeling.models import LabelerStanding, Letter, Skip, Slot
from labeling.services.claiming import claim
from labeling.services.memberships import end_membership, pause, resume, set_role
from labeling.services.policies import set_policy
from labeling.services.standings import set_standing
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_member, make_project, make_user
from tests.labeling.work import claimed, project_with_tasks, ranking, together

Role = Membership.Role
pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_with_tasks(2)


@pytest.fixture
def researcher(project):
    return make_member(project, Role.RESEARCHER)


@pytest.fixture
def ana(project):
    """A labeler who holds a task."""
    ana = make_member(project, Role.LABELER)
    claimed(project, labeler_of(user=ana))
    return ana


def held_by(user):
    return list(Slot.objects.filter(labeler=labeler_of(user=user), state=Slot.State.LEASED))


def test_who_is_removed_gives_back_what_they_hold(project, researcher, ana):
    (slot,) = held_by(ana)
    other = make_labeler()
    claimed(project, other)
    end_membership(membership=ana.memberships.get(), removed_by=researcher)
    assert not project.memberships.filter(user=ana).exists()
    assert held_by(ana) == []
    assert Skip.objects.get(labeler=labeler_of(user=ana)).task_id == slot.task_id
    with pytest.raises(SlotClosed):
        submit(slot_uid=slot.uid, labeler=labeler_of(user=ana), answer=ranking("1", "2"))
    held = Slot.objects.get(labeler=other, state=Slot.State.LEASED)
    assert claimed(project, other, holding=[held.uid]).slot != held.uid  # ana's task came back


def test_what_they_hold_elsewhere_stays_theirs(project, researcher, ana):
    elsewhere = project_with_tasks(1)
    make_member(elsewhere, Role.LABELER, ana)
    kept = claimed(elsewhere, labeler_of(user=ana))
    end_membership(membership=project.memberships.get(user=ana), removed_by=researcher)
    assert [slot.uid for slot in held_by(ana)] == [kept.slot]


def test_removing_twice_is_once(project, researcher, ana):
    membership = ana.memberships.get()
    end_membership(membership=membership, removed_by=researcher)
    membership.pk = membership.pk or 1
    end_membership(membership=membership, removed_by=researcher)
    assert not project.memberships.filter(user=ana).exists()
    assert project.memberships.filter(user=researcher).exists()
    assert Skip.objects.filter(labeler=labeler_of(user=ana)).count() == 1


def test_who_becomes_a_reviewer_judges_no_more(project, researcher, ana):
    changed = set_role(membership=ana.memberships.get(), role=Role.REVIEWER, changed_by=researcher)
    assert [each.role for each in ana.memberships.all()] == [Role.REVIEWER]
    assert changed == ana.memberships.get()
    assert held_by(ana) == []


def test_the_same_role_changes_nothing(project, researcher, ana):
    set_role(membership=ana.memberships.get(), role=Role.LABELER, changed_by=researcher)
    assert len(held_by(ana)) == 1


def test_two_roles_become_one(project, researcher, ana):
    make_member(project, Role.TRAINER, ana)
    labeling = ana.memberships.get(role=Role.LABELER)
    set_role(membership=labeling, role=Role.TRAINER, changed_by=researcher)
    assert [each.role for each in ana.memberships.all()] == [Role.TRAINER]


def test_what_is_no_role_and_who_is_gone_is_refused(project, researcher, ana):
    membership = ana.memberships.get()
    with pytest.raises(InvalidInput):
        set_role(membership=membership, role="king", changed_by=researcher)
    Membership.objects.filter(pk=membership.pk).delete()
    with pytest.raises(NotFound):
        set_role(membership=membership, role=Role.TRAINER, changed_by=researcher)


def test_a_project_keeps_a_researcher(project, researcher):
    membership = researcher.memberships.get()
    make_member(project, Role.RESEARCHER, make_user(is_active=False))  # looks after nothing
    with pytest.raises(LastResearcher):
        end_membership(membership=membership, removed_by=researcher)
    with pytest.raises(LastResearcher):
        set_role(membership=membership, role=Role.TRAINER, changed_by=researcher)
    assert researcher.memberships.get().role == Role.RESEARCHER
    make_member(project, Role.RESEARCHER)
    end_membership(membership=membership, removed_by=researcher)
    assert not researcher.memberships.exists()


def test_a_superuser_may_leave_a_project_to_themselves(project, researcher):
    admin = make_user(is_superuser=True)
    end_membership(membership=researcher.memberships.get(), removed_by=admin)
    assert not project.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_leave_at_once_one_stays():
    project = make_project()
    leaving = [make_member(project, Role.RESEARCHER) for _ in range(2)]
    memberships = [user.memberships.get() for user in leaving]
    results = together(
        2,
        lambda index: end_membership(membership=memberships[index], removed_by=leaving[index]),
    )
    assert sorted(type(result).__name__ for result in results) == ["LastResearcher", "NoneType"]
    assert project.memberships.count() == 1


def test_who_pauses_gets_no_task_and_a_letter_and_goes_on_later(project, researcher, ana):
    labeler = labeler_of(user=ana)
    held = held_by(ana)[0].uid
    pause(project=project, user=ana, reason="See the guidelines.", decided_by=researcher)
    pause(project=project, user=ana, reason="See the guidelines.", decided_by=researcher)
    assert "See the guidelines." in Letter.objects.get(labeler=labeler).text
    with pytest.raises(Paused):
        claim(project=project, labeler=labeler, holding=[held])
    standing = resume(project=project, user=ana, decided_by=researcher)
    assert standing.state == LabelerStanding.State.ACTIVE
    assert claimed(project, labeler, holding=[held])


def test_who_paused_in_the_training_goes_on_with_it(project, researcher):
    set_policy(project=project, responses=2, practice_items=2)
    bo = make_member(project, Role.LABELER)
    pause(project=project, user=bo, reason="Wait.", decided_by=researcher)
    pause(project=project, user=bo, reason="Wait a little.", decided_by=researcher)
    standing = resume(project=project, user=bo, decided_by=researcher)
    assert standing.state == LabelerStanding.State.TRAINING


def test_decisions_that_make_no_sense_are_refused(project, researcher, ana):
    with pytest.raises(Conflict):
        resume(project=project, user=ana, decided_by=researcher)
    with pytest.raises(InvalidInput):
        pause(project=project, user=ana, reason=" ", decided_by=researcher)
    with pytest.raises(NotAllowed):
        pause(project=project, user=researcher, reason="Me.", decided_by=researcher)
    labeler = labeler_of(user=ana)
    set_standing(project=project, labeler=labeler, state="excluded", reason="Enough.")
    with pytest.raises(Conflict):
        pause(project=project, user=ana, reason="Again.", decided_by=researcher)
    assert LabelerStanding.objects.get(labeler=labeler).state == "excluded"
