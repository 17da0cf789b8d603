"""Keyset paging: `{"next", "previous", "results"}`, with signed cursors over the primary key."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core import signing
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

STALE = "Something changed since; true only where more votes are counted than while one waits."


class KeysetPagination(BasePagination):
    """Pages in order of creation. A page costs the same wherever it is."""

    page_size: ClassVar[int] = 100
    max_page_size: ClassVar[int] = 1000
    parameters: ClassVar[frozenset[str]] = frozenset({"cursor", "page_size"})

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._url = request.build_absolute_uri()
        self._signer = signing.Signer(salt=f"cursor of {request.path}")
        size = self._size(request)
        backwards, position = self._position(request)
        if backwards:
            rows = list(queryset.filter(pk__lt=position).order_by("-pk")[: size + 1])
            page = rows[:size][::-1]
            self._more = (len(rows) > size, True)
        else:
            if position is not None:
                queryset = queryset.filter(pk__gt=position)
            rows = list(queryset.order_by("pk")[: size + 1])
            page = rows[:size]
            self._more = (position is not None, len(rows) > size)
        self._page: list[Any] = page
        return page

    def get_paginated_response(self, data: Any) -> Response:
        before, after = self._more
        return Response(
            {
                "next": self._link("a", self._page[-1].pk) if after and self._page else None,
                "previous": self._link("b", self._page[0].pk) if before and self._page else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "schema": size | {"default": self.page_size}},
        ]

    def _size(self, request: Request) -> int:
        raw = request.query_params.get("page_size", str(self.page_size))
        if not (raw.isascii() and raw.isdecimal() and len(raw) < 9 and int(raw) > 0):
            raise ValidationError({"page_size": _("A page size is a number from 1 up.")})
        return min(int(raw), self.max_page_size)

    def _position(self, request: Request) -> tuple[bool, int | None]:
        raw = request.query_params.get("cursor")
        if raw is None:
            return False, None
        try:
            direction, key = self._signer.unsign(raw).split("-")
        except signing.BadSignature as error:
            raise ValidationError({"cursor": _("This is no cursor of this list.")}) from error
        return direction == "b", int(key)

    def _link(self, direction: str, key: int) -> str:
        cursor = self._signer.sign(f"{direction}-{key}")
        return str(replace_query_param(self._url, "cursor", cursor))


class DatedPagination(KeysetPagination):
    """Pages of figures that were written down: each says `as_of` when, and whether `stale`."""

    def of(self, body: Mapping[str, Any], data: Any) -> Response:
        """A page of rows of that body."""
        response = self.get_paginated_response(data)
        response.data |= {"as_of": body["as_of"], "stale": body["stale"]}
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        paged = super().get_paginated_response_schema(schema)
        paged["required"] += ["as_of", "stale"]
        paged["properties"] |= {
            "as_of": {"type": "string", "format": "date-time"},
            "stale": {"type": "boolean", "description": STALE},
        }
        return paged
