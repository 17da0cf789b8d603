"""JSON in, by orjson and never more than a cap; JSON lines and files go through to disk."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 100  # levels of a body; whatever reads it after us recurses


class TooLarge(APIException):
    """The body is larger than this address takes."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request's body is too large."


class JSONParser(BaseParser):
    """A JSON body of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, not deep, and without NUL."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        cap = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(cap + 1)
        if len(raw) > cap:
            raise TooLarge
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is no JSON: {error}") from error
        # PostgreSQL stores no NUL. It can only come as this escape; a literal backslash before
        # "u0000" looks the same, hence the second look.
        nul = b"\\u0000" in raw
        if nul or raw.count(b"[") + raw.count(b"{") > DEEPEST:
            _check(data)
        return data


def _check(data: Any) -> None:
    """Raise ParseError for NUL characters and for nesting that no field of the API needs."""
    level = [data]
    for _depth in range(DEEPEST):
        if any("\0" in each for each in level if isinstance(each, str)):
            raise ParseError("The body holds a NUL character (\\u0000), which cannot be stored.")
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise ParseError(f"The body is nested deeper than {DEEPEST} levels.")


def _children(data: Any) -> Iterable[Any]:
    if isinstance(data, dict):
        return chain(data.keys(), data.values())
    return data if isinstance(data, list) else ()


class JSONLinesParser(BaseParser):
    """Gives the unread stream: it is copied to disk piece by piece, whatever its size."""

    media_type = "application/jsonl"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return stream


class NDJSONParser(JSONLinesParser):
    """The other name of JSON lines."""

    media_type = "application/x-ndjson"
