"""A person's own API tokens: made, listed, ended, and what each is good for.

Only hashes of tokens are stored. One is named by its first characters, its `id`, which its owner
also sees at the beginning of the token itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from knox.models import AuthToken

from accounts.models import HandedToken, PersonalToken, User
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound

Scope = PersonalToken.Scope
NAME_MAX = 100
MOST_DAYS = 3650
MOST_TOKENS = 100
USE_NOTED_EVERY = timedelta(minutes=10)  # so that a token in use costs a write once in a while


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A token of somebody, never its secret. `expires_at` is None for one that does not expire.

    `name` is empty for one that its owner has not made; `handed_to` is who received it when they
    added the account to a project, else empty. `used_at` is None where nothing is known.
    """

    id: str
    name: str
    scope: str
    handed_to: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    @property
    def scope_in_words(self) -> str:
        return str(Scope(self.scope).label)


def tokens_of(*, user: User) -> list[OwnToken]:
    """The newest MOST_TOKENS tokens of an account, the newest first."""
    found = AuthToken.objects.filter(user=user).select_related("personal", "handed__issuer")
    return [_told(token) for token in found.order_by("-created", "-digest")[:MOST_TOKENS]]


@transaction.atomic
def make_token(
    *,
    user: User,
    name: str,
    now: datetime,
    scope: str = Scope.ALL,
    days: int | None = None,
    made_with: AuthToken | None = None,
) -> tuple[OwnToken, str]:
    """A new token and its secret, which is shown this once. Without `days` it does not expire.

    `made_with` is the token by which its owner asks; the new one does not outlive it. Raises
    InvalidInput, Conflict for who has too many, and NotAllowed where `check_own` does.
    """
    check_own(token=made_with)
    name = name.strip()
    if not name or len(name) > NAME_MAX or "\0" in name:
        raise InvalidInput(_("A name has 1 to %d characters.") % NAME_MAX, attr="name")
    if scope not in Scope.values:
        raise InvalidInput(_("The scope is one of %s.") % ", ".join(Scope.values), attr="scope")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInput(_("A token is good for 1 to %d days.") % MOST_DAYS, attr="days")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once are counted
    if AuthToken.objects.filter(user=user).count() >= MOST_TOKENS:
        raise Conflict(_("You have %d tokens. End one of them first.") % MOST_TOKENS)
    token, secret = AuthToken.objects.create(user=user, expiry=None)
    ends = [now + timedelta(days=days)] if days else []
    if made_with is not None and made_with.expiry is not None:
        ends.append(made_with.expiry)
    token.expiry = min(ends, default=None)
    token.save(update_fields=["expiry"])
    PersonalToken.objects.create(token=token, name=name, scope=scope)
    return _told(token), str(secret)


def end_token(*, user: User, id: str, asked_with: AuthToken | None = None) -> None:
    """Make a token good for nothing, whoever made it. Raises NotFound, and as `check_own`."""
    check_own(token=asked_with)
    deleted, _rows = AuthToken.objects.filter(user=user, token_key=id).delete()
    if not deleted:
        raise NotFound(_("There is no such token."))


def check_own(*, token: AuthToken | None) -> None:
    """Raises NotAllowed for a token that somebody else received: it ends when their power does
    (`collector.governing`), and what is made with it would not.
    """
    if token is not None and HandedToken.objects.filter(token=token).exists():
        raise NotAllowed(_("This token was handed to somebody else. Sign in with your own."))


def scope_of(token: AuthToken | None) -> Scope:
    """What a request may do that came with this token; everything, where it came with none."""
    found = None if token is None else _details(token)
    return Scope.ALL if found is None else Scope(found.scope)


def name_of(token: AuthToken) -> str:
    """What its owner calls the token; "" where they have not named it."""
    found = _details(token)
    return found.name if found else ""


def holder_of(token: AuthToken) -> int | None:
    """The id of the account that the token of another was handed to, if it was."""
    try:
        holder: int | None = token.handed.issuer_id
    except ObjectDoesNotExist:
        return None
    return holder


def note_use(*, token: AuthToken, now: datetime) -> None:
    """Remember that a token was used, if it is one that its owner looks after."""
    found = _details(token)
    if found is None or (found.used_at is not None and found.used_at > now - USE_NOTED_EVERY):
        return
    unnoted = Q(used_at__isnull=True) | Q(used_at__lte=now - USE_NOTED_EVERY)
    PersonalToken.objects.filter(unnoted, pk=found.pk).update(used_at=now)


def _told(token: AuthToken) -> OwnToken:
    details = _details(token)
    try:
        issuer = token.handed.issuer
        handed_to = issuer.email if issuer else ""
    except ObjectDoesNotExist:
        handed_to = ""
    return OwnToken(
        id=token.token_key,
        name=details.name if details else "",
        scope=details.scope if details else Scope.ALL.value,
        handed_to=handed_to,
        created_at=token.created,
        expires_at=token.expiry,
        used_at=details.used_at if details else None,
    )


def _details(token: AuthToken) -> PersonalToken | None:
    try:
        found: PersonalToken = token.personal
    except ObjectDoesNotExist:
        return None
    return found
