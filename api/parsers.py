"""JSON in, by orjson and never more than a cap; JSON lines and files go through to disk."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class TooLarge(APIException):
    """The body is larger than this address takes."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request's body is too large."


class JSONParser(BaseParser):
    """A JSON body of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, without NUL characters."""

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
        if b"\\u0000" in raw and _has_nul(data):
            raise ParseError("The body holds a NUL character (\\u0000), which cannot be stored.")
        return data


def _has_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\0" in data
    if isinstance(data, dict):
        return any(_has_nul(key) or _has_nul(value) for key, value in data.items())
    return isinstance(data, list) and any(map(_has_nul, data))


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
