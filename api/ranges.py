"""Serving a stored file as RFC 9110 says: validators, one byte range, HEAD."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import HttpHeaders
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header, parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

_BLOCK = 256 * 1024
# No file has 10^18 bytes: a longer number is no range, and `int` takes no more than 4300 digits.
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_NO_SUCH_RANGE = {
    "type": "client_error",
    "errors": [
        {
            "code": "range_not_satisfiable",
            "detail": "The file has no such range.",
            "attr": None,
        }
    ],
}


class Unsatisfiable(Exception):
    """The range asks for nothing that the file has."""


def serve(
    *, request: Request, path: Path, name: str, content_type: str, size: int, sha256: str
) -> HttpResponseBase:
    """200, 206, 304 or 416 for a file that never changes under its name, to GET or HEAD.

    Several ranges in one request are answered with the whole file, as the RFC allows.
    """
    etag = f'"{sha256}"'
    response: HttpResponseBase
    try:
        response = _answer(request, path, size, etag)
    except Unsatisfiable:
        response = Response(_NO_SUCH_RANGE, status=416)
        response["Content-Range"] = f"bytes */{size}"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    patch_cache_control(response, private=True, no_cache=True)  # the tag is asked for again
    if response.status_code in (200, 206):
        response["Content-Type"] = content_type
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _answer(request: Request, path: Path, size: int, etag: str) -> HttpResponseBase:
    if _matches(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304)
    if request.method == "HEAD":  # a range has no meaning here
        return HttpResponse(headers={"Content-Length": str(size)})
    span = _asked_for(request.headers, size, etag)
    if span is None:
        whole = FileResponse(path.open("rb"))
        whole["Content-Length"] = size
        return whole
    first, last = span
    part = StreamingHttpResponse(_read(path, first, last), status=206)
    part["Content-Range"] = f"bytes {first}-{last}/{size}"
    part["Content-Length"] = last - first + 1
    return part


def _matches(if_none_match: str, etag: str) -> bool:
    offered = [each.removeprefix("W/") for each in parse_etags(if_none_match)]
    return etag in offered or "*" in offered


def _asked_for(headers: HttpHeaders, size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte of the one range asked for; None for the whole file."""
    if headers.get("If-Range", etag) != etag:
        return None
    found = _ONE_RANGE.fullmatch(headers.get("Range", "").strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":  # the last so many bytes
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None  # no valid range, so none was asked for
    if start > end:
        raise Unsatisfiable
    return start, end


def _read(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        left = last - first + 1
        while left and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
