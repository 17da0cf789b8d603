"""Members of a project and their work there: what follows from another role, a pause, a way out.

Whoever decides here knows members by their accounts. Their pseudonyms are not told to them.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Membership, Project
from collector.services import members
from common.errors import Conflict
from labeling.eligibility import may_judge
from labeling.locks import no_claim
from labeling.models import LabelerStanding, StandingChange
from labeling.services.deciding import decide
from labeling.services.giving_back import give_back
from labeling.services.policies import current_policy

State = LabelerStanding.State


@transaction.atomic
def set_role(*, membership: Membership, role: str, changed_by: User) -> Membership:
    """`collector.services.members.change_role`; who judges no more gives back what they hold."""
    changed = members.change_role(membership=membership, role=role, changed_by=changed_by)
    _hold_nothing_unless_judging(membership)
    return changed


@transaction.atomic
def end_membership(*, membership: Membership, removed_by: User) -> None:
    """`collector.services.members.remove_member`; the tasks that they hold go to others at once.

    Their answers stay and count, and so does their standing, should they come back.
    """
    members.remove_member(membership=membership, removed_by=removed_by)
    _hold_nothing_unless_judging(membership)


@transaction.atomic
def pause(*, project: Project, user: User, reason: str, decided_by: User) -> LabelerStanding:
    """Let a member judge no more until somebody lets them; they read the reason in a letter.

    Twice is once. Raises Conflict for who is excluded or has not passed the test, who cannot
    judge anyway; InvalidInput and NotAllowed as `set_standing`.
    """
    labeler = labeler_of(user=user)
    standing = _standing(project, labeler)
    if standing and standing.state in (State.EXCLUDED, State.FAILED):
        raise Conflict(_("They do not judge here: %s.") % standing.get_state_display())
    return decide(
        project=project, labeler=labeler, state=State.PAUSED, reason=reason, decided_by=decided_by
    )


@transaction.atomic
def resume(*, project: Project, user: User, decided_by: User) -> LabelerStanding:
    """Let who is paused work again; who was paused in the middle of the training goes on with it.

    Raises Conflict for who is not paused, and NotAllowed for a decision on oneself.
    """
    labeler = labeler_of(user=user)
    standing = _standing(project, labeler)
    if standing is None or standing.state != State.PAUSED:
        raise Conflict(_("They are not paused."))
    pauses = StandingChange.objects.filter(standing=standing, after=State.PAUSED)
    paused = pauses.exclude(before=State.PAUSED).order_by("-pk").first()
    policy = current_policy(project=project)
    trained = paused is None or paused.before != State.TRAINING
    asked = policy.practice_items + policy.qualification_items > 0
    state = State.ACTIVE if trained or not asked else State.TRAINING
    return decide(project=project, labeler=labeler, state=state, reason="", decided_by=decided_by)


def _standing(project: Project, labeler: Labeler) -> LabelerStanding | None:
    return LabelerStanding.objects.filter(project=project, labeler=labeler).first()


def _hold_nothing_unless_judging(membership: Membership) -> None:
    user = membership.user
    held = Membership.objects.filter(project=membership.project_id, user=user)
    if may_judge(user=user, roles=held.values_list("role", flat=True)):
        return
    labeler = Labeler.objects.filter(user=user).first()
    if labeler is not None:
        no_claim(labeler_id=labeler.pk)  # what is being claimed at this moment is seen below
        give_back(labeler=labeler, project=membership.project)
