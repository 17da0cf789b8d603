"""Who is what in a project, once they are in: other roles, and the way out."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from collector.models import Membership, Project
from collector.selectors import EVERY_ROLE
from common.errors import Conflict, InvalidInput, NotFound


class LastResearcher(Conflict):
    """A project without a researcher could be looked after by superusers only."""

    code = "last_researcher"


@transaction.atomic
def change_role(*, membership: Membership, role: str, changed_by: User) -> Membership:
    """Give a member another role in place of this one, and return what they hold then.

    Who has the other role too keeps that one alone. Raises InvalidInput for no role, NotFound for
    who left meanwhile, and LastResearcher.
    """
    if role not in EVERY_ROLE:
        raise InvalidInput(_("%s is no role.") % role, attr="role")
    membership = _lock(membership)
    if membership.role == role:
        return membership
    _keep_a_researcher(membership, changed_by)
    same = Membership.objects.filter(
        project=membership.project_id, user=membership.user_id, role=role
    ).first()
    if same is not None:
        membership.delete()
        return same
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, removed_by: User) -> None:
    """Take a role from a person; the account and all that they did stay. Twice is once.

    Raises LastResearcher: superusers alone may leave a project to themselves.
    """
    try:
        membership = _lock(membership)
    except NotFound:
        return
    _keep_a_researcher(membership, removed_by)
    membership.delete()


def _lock(membership: Membership) -> Membership:
    """The membership as it is now. The project is locked first: of two researchers who leave at
    once, the second sees that they are the last.
    """
    list(Project.objects.select_for_update(no_key=True).filter(pk=membership.project_id))
    found = Membership.objects.select_for_update().filter(pk=membership.pk).first()
    if found is None:
        raise NotFound(_("They are no member any more."))
    return found


def _keep_a_researcher(membership: Membership, by: User) -> None:
    if membership.role != Membership.Role.RESEARCHER or by.is_superuser:
        return
    others = Membership.objects.filter(
        project=membership.project_id, role=Membership.Role.RESEARCHER, user__is_active=True
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise LastResearcher(
            _("The project needs a researcher. Make somebody else one first."), attr="role"
        )
