"""`Idempotency-Key`: a POST that is sent again is answered again, and done once.

The answer is stored in the transaction of what was done, so that one is never there without the
other. Only successes are: what was refused has changed nothing and may be sent again, mended, and
where there was nothing to give (`NothingYet`) there may be something the next time.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from psycopg2.errors import LockNotAvailable
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.headers import IDEMPOTENCY_KEY, KEY_PATTERN, REPLAYED
from api.models import IdempotentAnswer
from api.renderers import JSONRenderer
from common.errors import Conflict, DomainError, InvalidInput

KEPT_FOR = timedelta(hours=24)
_WAIT = "5s"  # for a request of the same key that is still being answered
_FORGOTTEN_AT_ONCE = 10_000


class KeyReused(DomainError):
    """The key was given with another request."""

    code = "idempotency_key_reused"
    status = 422


class InProgress(Conflict):
    """The request of that key is still being answered."""

    code = "request_in_progress"


class NothingYet(Response):
    """204: there is nothing to give now, and nothing has changed."""

    def __init__(self) -> None:
        super().__init__(status=204)


def answer_once(
    *, request: Request, user: User, call: Callable[[], HttpResponseBase], now: datetime
) -> HttpResponseBase:
    """What `call` answers, or what it answered to the same request of that key within `KEPT_FOR`.

    Raises InvalidInput for a key that is none, KeyReused, and InProgress.
    """
    key = request.headers[IDEMPOTENCY_KEY]
    if not re.fullmatch(KEY_PATTERN, key):
        raise InvalidInput(_("A key is up to 255 visible ASCII characters."), attr=IDEMPOTENCY_KEY)
    digest = sha256(key.encode()).hexdigest()
    with transaction.atomic():
        _wait_for_turn(f"{user.pk}:{digest}")
        earlier = IdempotentAnswer.objects.filter(
            user=user, key_hash=digest, created_at__gt=now - KEPT_FOR
        ).first()
        asked = _hash_of(request)
        if earlier is not None:
            return _again(earlier, asked, _cipher(user, key))
        response = call()
        if _is_kept(response):
            body = JSONRenderer().render(getattr(response, "data", None))
            IdempotentAnswer.objects.update_or_create(
                user=user,
                key_hash=digest,
                defaults={
                    "request_hash": asked,
                    "status": response.status_code,
                    "location": response.get("Location", ""),
                    "body": _cipher(user, key).encrypt(body).decode(),
                    "created_at": now,
                },
            )
        return response


def _is_kept(response: HttpResponseBase) -> bool:
    done = isinstance(response, Response) and response.status_code < 300
    return done and not isinstance(response, NothingYet)


def forget_answers(*, now: datetime) -> int:
    """Delete answers older than `KEPT_FOR`; returns how many. Call again while it is not 0."""
    old = IdempotentAnswer.objects.filter(created_at__lte=now - KEPT_FOR)
    found = list(old.order_by("created_at").values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
    return IdempotentAnswer.objects.filter(pk__in=found).delete()[0]


def _wait_for_turn(name: str) -> None:
    """Hold the transaction's lock of that name. Raises InProgress if another holds it on."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true); SELECT pg_advisory_xact_lock(%s);"
                "SET LOCAL lock_timeout TO DEFAULT",
                [_WAIT, number],
            )
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            detail = _("The request of that key is still being answered. Ask again in a moment.")
            raise InProgress(detail) from error
        raise


def _again(earlier: IdempotentAnswer, asked: str, cipher: MultiFernet) -> HttpResponse:
    if earlier.request_hash != asked:
        raise KeyReused(_("That key was given with another request."), attr=IDEMPOTENCY_KEY)
    body = cipher.decrypt(earlier.body.encode())
    response = HttpResponse(body, status=earlier.status, content_type="application/json")
    if not body:
        del response["Content-Type"]
    if earlier.location:
        response["Location"] = earlier.location
    response[REPLAYED] = "true"
    return response


def _hash_of(request: Request) -> str:
    """A hash of the token, the address and the body: of JSON and forms by what they say, of other
    bodies, which are read as they come, by type and length.
    """
    token = getattr(request.auth, "digest", "")  # another token may do other things
    digest = sha256(f"{token} {request.get_full_path()}\n".encode())
    for part in _body(request):
        digest.update(part)
    return digest.hexdigest()


def _body(request: Request) -> Iterable[bytes]:
    data: Any = request.data
    if isinstance(data, QueryDict):
        for name, values in sorted(data.lists()):
            yield from (part for value in values for part in _field(name, value))
    elif isinstance(data, dict | list | str | int | float | None):
        yield orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    else:
        yield f"{request.content_type} {request.headers.get('Content-Length')}".encode()


def _field(name: str, value: object) -> Iterable[bytes]:
    if isinstance(value, UploadedFile):
        yield orjson.dumps([name, value.name, value.size])
        yield from value.chunks()
        value.seek(0)
    else:
        yield orjson.dumps([name, value])


def _cipher(user: User, key: str) -> MultiFernet:
    """Encrypts with the secret in force, decrypts with those before it too."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    parts = [f"concord.answer:{secret}:{user.pk}:{key}" for secret in secrets]
    return MultiFernet(
        [Fernet(urlsafe_b64encode(sha256(part.encode()).digest())) for part in parts]
    )


def is_asked_once(request: Request) -> bool:
    """Whether the request is one that names a key, by somebody."""
    named = request.method == "POST" and IDEMPOTENCY_KEY in request.headers
    return named and request.user.is_authenticated
