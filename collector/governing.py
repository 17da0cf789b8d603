"""Who may hold a token of whose account (docs/decisions/0005-member-tokens.md)."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import connection

from accounts.models import User
from collector.models import Membership

# Over the aliases `issuer` and `account` of the table of users. Asked when a token is handed out,
# and again with every request it makes, so written once and as SQL.
GOVERNS = f"""(
    issuer.is_active AND (issuer.is_superuser OR (
        NOT account.is_superuser AND NOT account.is_staff
        AND account.password LIKE '!%%'
        AND NOT EXISTS (
            SELECT FROM {SocialAccount._meta.db_table} other WHERE other.user_id = account.id
        )
        AND NOT EXISTS (
            SELECT FROM {Authenticator._meta.db_table} passkey WHERE passkey.user_id = account.id
        )
        AND NOT EXISTS (
            SELECT FROM {Membership._meta.db_table} held WHERE held.user_id = account.id
            AND NOT EXISTS (
                SELECT FROM {Membership._meta.db_table} own
                WHERE own.project_id = held.project_id AND own.user_id = issuer.id
                AND own.role = '{Membership.Role.RESEARCHER.value}'
            )
        )
    ))
)"""  # noqa: S608 - names of our own tables
_QUERY = f"""
    SELECT {GOVERNS} FROM {User._meta.db_table} issuer, {User._meta.db_table} account
    WHERE issuer.id = %s AND account.id = %s
"""  # noqa: S608


def governs(*, issuer: User, account: User) -> bool:
    """Whether a token of `account` gives `issuer` no power that they lack.

    That is: `issuer` is a superuser, or the account has neither a password nor a passkey nor
    another service to sign in by (nobody else signs in with it), is no staff, and has no role
    outside projects that `issuer` researches.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [issuer.pk, account.pk])
        row = cursor.fetchone()
    return bool(row and row[0])
