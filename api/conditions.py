"""Conditional requests (RFC 9110): tags of what was read, so that nobody writes over another."""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from api.renderers import JSONRenderer
from common.errors import DomainError

if TYPE_CHECKING:
    from api.views import View

READING = ("GET", "HEAD")
CHANGING = ("PATCH", "PUT", "DELETE")


class PreconditionFailed(DomainError):
    """What was read is no longer what is there."""

    code = "precondition_failed"
    status: ClassVar[int] = 412


def tag_of(body: bytes) -> str:
    """The strong entity tag of a body."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def with_tag(response: HttpResponse, request: Request) -> HttpResponse | None:
    """Tag an answer, once rendered; to a reader who has it already, a 304 in its place."""
    response["ETag"] = tag_of(response.content)
    offered = [each.removeprefix("W/") for each in parse_etags(_header(request, "If-None-Match"))]
    if request.method not in READING or not {response["ETag"], "*"}.intersection(offered):
        return None
    unchanged = HttpResponse(status=304, headers=dict(response.items()))
    for name in ("Content-Type", "Content-Length"):
        unchanged.headers.pop(name, None)
    return unchanged


def is_conditional_change(request: Request) -> bool:
    """Whether the request is to be done only to what its sender has read."""
    return request.method in CHANGING and "If-Match" in request.headers


def change_if_unchanged(
    *, view: "View", request: Request, call: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """What `call` answers, if the tag of what its sender read is still that of what is there.

    Nobody changes it between the comparison and the change. Raises PreconditionFailed.
    """
    offered = parse_etags(_header(request, "If-Match"))
    with transaction.atomic():
        view.lock()
        if "*" not in offered and _tag_now(view, request) not in offered:
            raise PreconditionFailed(_("It has changed since you read it. Read it again."))
        return call()


def _tag_now(view: "View", request: Request) -> str | None:
    read = getattr(view, "get", None)
    if read is None:
        return None
    response: Response = read(request, *view.args, **view.kwargs)
    return tag_of(JSONRenderer().render(response.data))


def _header(request: Request, name: str) -> str:
    return str(request.headers.get(name, ""))
