"""Reads of a project's members, for its researchers: who, in which role, and how their work goes.

Here people have names and no pseudonyms; where judgments are looked at (`labeling.people`, the
boards of labelers) it is the other way round.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Subquery

from accounts.models import Labeler, User
from collector.models import Membership, Project
from common.errors import NotFound
from labeling.eligibility import may_judge
from labeling.models import LabelerStanding, Tally

SEARCH_MAX = 100  # characters
PAGE = 100


@dataclass(frozen=True, slots=True)
class Member:
    """A role of a person in a project, and all `roles` that they have there.

    `judgments` are those that stand or were corrected, without training. `last_active` is the
    day (UTC) of the newest, or of the last time they signed in with a browser, whichever is later.
    `state` is empty for who has begun no training, nor was asked to.
    """

    membership: Membership
    roles: frozenset[str]
    judgments: int
    last_active: date | None
    state: str
    reason: str

    @property
    def user(self) -> User:
        return self.membership.user

    @property
    def uid(self) -> UUID:
        return self.membership.uid

    @property
    def email(self) -> str:
        return self.user.email

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def role(self) -> str:
        return self.membership.role

    @property
    def judges(self) -> bool:
        """Whether they are given tasks, their standing aside."""
        return may_judge(user=self.user, roles=self.roles)

    @property
    def state_in_words(self) -> str:
        return str(LabelerStanding.State(self.state).label) if self.state else ""


def members_in(*, project: Project, search: str = "", role: str = "") -> QuerySet[Membership]:
    """Memberships with their users, in no order; `search` looks into addresses and names."""
    found = project.memberships.select_related("user")
    if role:
        found = found.filter(role=role)
    words = search.strip()[:SEARCH_MAX]
    if words:
        found = found.filter(Q(user__email__icontains=words) | Q(user__name__icontains=words))
    return found


def member_in(*, project: Project, uid: UUID) -> Member:
    """One membership. Raises NotFound."""
    membership = project.memberships.select_related("user", "project").filter(uid=uid).first()
    if membership is None:
        raise NotFound("There is no such member.")
    return described(project=project, memberships=[membership])[0]


def described(*, project: Project, memberships: Sequence[Membership]) -> list[Member]:
    """These memberships with what is known of the people's work, in their order."""
    users = {membership.user_id for membership in memberships}
    labelers = dict(Labeler.objects.filter(user__in=users).values_list("user", "pk"))
    roles = _roles(project, users)
    tallies = {
        tally.labeler_id: tally
        for tally in Tally.objects.filter(project=project, labeler__in=labelers.values())
    }
    standings = {
        standing.labeler_id: standing
        for standing in LabelerStanding.objects.filter(
            project=project, labeler__in=labelers.values()
        )
    }
    return [
        _member(
            membership,
            roles.get(membership.user_id, frozenset()),
            tallies.get(labelers.get(membership.user_id, 0)),
            standings.get(labelers.get(membership.user_id, 0)),
        )
        for membership in memberships
    ]


def _member(
    membership: Membership,
    roles: frozenset[str],
    tally: Tally | None,
    standing: LabelerStanding | None,
) -> Member:
    signed_in = membership.user.last_login
    days = [signed_in.astimezone(UTC).date()] if signed_in else []
    if tally is not None:
        days.append(tally.day)
    return Member(
        membership=membership,
        roles=roles,
        judgments=tally.total if tally else 0,
        last_active=max(days, default=None),
        state=standing.state if standing else "",
        reason=standing.reason if standing else "",
    )


def _roles(project: Project, users: Collection[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    held = Membership.objects.filter(project=project, user__in=users)
    for user, role in held.values_list("user", "role"):
        found.setdefault(user, set()).add(role)
    return {user: frozenset(roles) for user, roles in found.items()}


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Members in the order in which they came; `more` says that others came after them."""

    rows: list[Member]
    more: bool


def members_page(
    *, project: Project, search: str = "", role: str = "", after: UUID | None = None
) -> MembersPage:
    """PAGE members that came after the one named, or the first ones."""
    found = members_in(project=project, search=search, role=role)
    if after is not None:
        last = project.memberships.filter(uid=after).values("pk")
        found = found.filter(pk__gt=Subquery(last))
    rows = list(found.order_by("pk")[: PAGE + 1])
    return MembersPage(described(project=project, memberships=rows[:PAGE]), len(rows) > PAGE)


def roles_in(*, project: Project) -> dict[str, int]:
    """How many people hold each role, those that somebody holds."""
    counted = project.memberships.values_list("role").annotate(number=Count("pk"))
    return dict(counted.order_by("role"))
