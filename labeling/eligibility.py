"""Who judges in a project: one rule for the pages and the API."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from collector.models import Membership
from collector.selectors import access_to_id
from common.errors import NotAllowed


class NotAJudge(NotAllowed):
    """The caller may see who wrote what, or what others judged, and so does not judge."""

    code = "not_a_judge"


def may_judge(*, user: User, roles: Collection[str]) -> bool:
    """Whether a person with these roles in a project judges there.

    Judging is blind. Reviewers, researchers and trainers see authors or the judgments of others,
    so a labeler who holds one of those roles too judges no more. Superusers may do everything.
    """
    return user.is_superuser or set(roles) == {Membership.Role.LABELER}


def check_may_judge(*, user: User, roles: Collection[str]) -> None:
    """Raises NotAJudge, which says why."""
    if may_judge(user=user, roles=roles):
        return
    if Membership.Role.LABELER in roles:
        raise NotAJudge(
            _(
                "Your other role in this project shows you authors or the judgments of others, "
                "so you cannot judge here. Ask to be a labeler and nothing else."
            )
        )
    raise NotAJudge(_("Only labelers judge, and you are not a labeler of this project."))


def check_still_judges(*, labeler: Labeler, project_id: int) -> None:
    """As `check_may_judge`, by the roles of this moment; labelers who are no person always may.

    Raises NotFound for somebody who is no member any more.
    """
    if labeler.user is not None:
        roles = access_to_id(user=labeler.user, project_id=project_id).roles
        check_may_judge(user=labeler.user, roles=roles)
