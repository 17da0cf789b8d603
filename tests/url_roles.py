"""Who is asked for when the tables of URLs are walked, and the usual answers to them."""

from collector.models import Membership

Expected = dict[str, int]
ROLES = Membership.Role.values
EVERYBODY = ("nobody", "stranger", "other", *ROLES, "admin")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_SLOT = "01900000-0000-7000-8000-000000000000"


def everybody(status: int, **exceptions: int) -> Expected:
    return dict.fromkeys(EVERYBODY, status) | exceptions


def signed_in(status: int, nobody: int = 401, **exceptions: int) -> Expected:
    return everybody(status, nobody=nobody, **exceptions)


def members(status: int, *roles: str) -> Expected:
    """Those roles of the project and superusers; other members 403; who is no member 404."""
    refused = dict.fromkeys(ROLES, 403) | {"nobody": 401, "stranger": 404, "other": 404}
    return refused | dict.fromkeys((*roles, "admin"), status)


def researchers_anywhere(status: int) -> Expected:
    return signed_in(403, researcher=status, other=status, admin=status)


STAFF = ("reviewer", "researcher", "trainer")


def page(status: int, *roles: str) -> Expected:
    """A page of a project: as in the API, but nobody is sent to the sign-in page."""
    return members(status, *roles) | {"nobody": 302}
