"""Public identifiers: UUIDs version 7, sortable by time, and pseudonyms that say nothing."""

import secrets
from uuid import UUID

import uuid_utils


def new_uid() -> UUID:
    """A fresh UUIDv7 as a standard-library `UUID`."""
    return UUID(int=uuid_utils.uuid7().int)


def new_uid_text() -> str:
    """As `new_uid`, written out: for rows by the hundred thousand."""
    return str(uuid_utils.uuid7())


def new_pseudonym() -> str:
    """A random name that says nothing about its bearer."""
    return f"labeler-{secrets.token_hex(5)}"
