"""The one error hierarchy of Concord; `api.errors` maps it to HTTP, commands to exit status 1."""

from typing import ClassVar


class DomainError(Exception):
    """A rule of the domain said no. The message is one clear line for a person.

    `code` is stable and machine-readable, `status` the HTTP status it maps to, `attr` the input
    field at fault, where there is one.
    """

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400

    def __init__(self, detail: str, *, attr: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.attr = attr


class InvalidInput(DomainError):
    """The request cannot be understood or breaks a rule that its sender can mend."""

    code = "invalid_input"


class NotAllowed(DomainError):
    """The caller is known but may not do this."""

    code = "not_allowed"
    status = 403


class NotFound(DomainError):
    """There is no such thing, or the caller may not know of it."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """The request contradicts what is already stored."""

    code = "conflict"
    status = 409


class Gone(DomainError):
    """What the request refers to was there and is no longer the caller's."""

    code = "gone"
    status = 410


class Busy(DomainError):
    """Too much contention right now; the same request may succeed in a moment."""

    code = "busy"
    status = 503
    retry_after_seconds: ClassVar[int] = 1
