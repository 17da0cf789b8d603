"""API tokens: hashed at rest by knox, sent as `Authorization: Token …`."""

from functools import cache
from hmac import compare_digest
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import HandedToken, Labeler, PersonalToken, User
from accounts.tokens import note_use
from collector.governing import GOVERNS
from common.prepared import Prepared


class TokenAuthentication(KnoxAuthentication):
    """Knox's tokens, read with all that is known of them in one query (knox itself makes three)."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        """The user and the stored token of a secret. Raises AuthenticationFailed."""
        try:
            secret = token.decode("ascii")
        except UnicodeDecodeError as error:
            raise AuthenticationFailed(_("Invalid token.")) from error
        digest = hash_token(secret)
        for candidate in _stored(secret[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if compare_digest(candidate.digest, digest) and _valid(candidate):
                note_use(token=candidate, now=timezone.now())
                return candidate.user, candidate
        raise AuthenticationFailed(_("Invalid token."))


def token_of(request: Request) -> AuthToken | None:
    """The token that the request came with; None for a session."""
    return request.auth if isinstance(request.auth, AuthToken) else None


def _valid(token: AuthToken) -> bool:
    expired = token.expiry is not None and token.expiry < timezone.now()
    return not expired and token.user.is_active


# Read with every request, so written as SQL: the ORM takes longer to build this query than the
# database to run it.
def _stored(token_key: str) -> list[AuthToken]:
    """Tokens of that key with their scopes and users, and the users with their labelers.

    Without those that were handed to somebody who may not, or no longer, hold them.
    """
    with connection.cursor() as cursor:
        _query().execute(cursor, {"key": token_key})
        return [_assemble(row) for row in cursor.fetchall()]


@cache
def _query() -> Prepared:
    tables = (
        *(("token", AuthToken), ("account", User)),
        *(("labeler", Labeler), ("personal", PersonalToken), ("handed", HandedToken)),
    )
    columns = [f'{alias}."{column}"' for alias, model in tables for column in _columns(model)]
    sql = f"""
        SELECT {", ".join(columns)} FROM {AuthToken._meta.db_table} token
        JOIN {User._meta.db_table} account ON account.id = token.user_id
        LEFT JOIN {Labeler._meta.db_table} labeler ON labeler.user_id = account.id
        LEFT JOIN {PersonalToken._meta.db_table} personal ON personal.token_id = token.digest
        LEFT JOIN {HandedToken._meta.db_table} handed ON handed.token_id = token.digest
        LEFT JOIN {User._meta.db_table} issuer ON issuer.id = handed.issuer_id
        WHERE token.token_key = %(key)s AND (handed.token_id IS NULL OR {GOVERNS})
    """  # noqa: S608 - names of our own tables
    return Prepared("concord_token", {"key": "text"}, sql)


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(str(field.column) for field in model._meta.concrete_fields)


@cache
def _fields(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _assemble(row: tuple[Any, ...]) -> AuthToken:
    parts, start = [], 0
    for model in (AuthToken, User, Labeler, PersonalToken, HandedToken):
        names = _fields(model)
        parts.append((names, row[start : start + len(names)]))
        start += len(names)
    token = AuthToken.from_db(DEFAULT_DB_ALIAS, *parts[0])
    user = User.from_db(DEFAULT_DB_ALIAS, *parts[1])
    if parts[2][1][0] is not None:
        labeler = Labeler.from_db(DEFAULT_DB_ALIAS, *parts[2])
        user._state.fields_cache["labeler"] = labeler
        labeler._state.fields_cache["user"] = user
    # None is remembered too: that a token has no scope of its own is not asked again.
    for name, model, part in (("personal", PersonalToken, 3), ("handed", HandedToken, 4)):
        known = parts[part][1][0] is not None
        token._state.fields_cache[name] = (
            model.from_db(DEFAULT_DB_ALIAS, *parts[part]) if known else None
        )
    token.user = user
    return token
