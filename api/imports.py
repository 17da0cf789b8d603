"""Imports: `POST /projects/{slug}/imports/`, `GET /imports/{id}/`, its `cancel/` and `undo/`."""

from io import BytesIO
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api.conditions import READING
from api.jobs import JobOut, job
from api.paging import KeysetPagination
from api.parsers import JSONLinesParser, NDJSONParser
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.importing.options import CHOICES
from collector.models import ImportJob, ImportUndo
from collector.services.import_undoing import built_on, start_undo
from collector.services.imports import cancel_import, start_import
from common.errors import InvalidInput, NotFound

DEFAULT_PRESET = "table"


class ImportOptions(StrictSerializer):
    preset = serializers.CharField(max_length=32, default=DEFAULT_PRESET)
    map = serializers.CharField(
        required=False,
        help_text='Columns by field, as `prompt=COLUMN,…` or as JSON: {"prompt": "COLUMN"}.',
    )
    options = serializers.CharField(
        required=False,
        help_text="What is done with the rows besides, as `near_duplicates=flag,…` or as JSON: "
        + "; ".join(f"`{name}`: {' or '.join(words)}" for name, words in CHOICES.items())
        + "; `template`: a template's name.",
    )
    name = serializers.CharField(
        max_length=200, required=False, help_text="Its name here; by default that of the file."
    )


@extend_schema_field(OpenApiTypes.BINARY)
class Upload(serializers.FileField):
    """A file as the schema of a request means it: its bytes, and not the address of any."""


class ImportIn(ImportOptions):
    file = Upload(allow_empty_file=True)


class RowError(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class FoundRow(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    detail = serializers.CharField()


class Found(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    samples = FoundRow(many=True)


class ImportOut(JobOut):
    read = serializers.IntegerField()
    created = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = RowError(many=True)  # type: ignore[assignment]
    reasons = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many rows were rejected, by code."
    )
    findings = serializers.DictField(
        child=Found(), help_text="What checks have found so far, by kind, with the first rows."
    )
    options = serializers.DictField(child=serializers.CharField())
    preset = serializers.CharField()
    filename = serializers.CharField()
    sha256 = serializers.CharField()


def import_out(request: Request, found: ImportJob) -> dict[str, Any]:
    return {
        **job(
            request,
            "import",
            uid=found.uid,
            status=found.status,
            progress=found.progress,
            error=found.error,
        ),
        "read": found.read,
        "created": found.created,
        "duplicates": found.duplicates,
        "rejected": found.rejected,
        "errors": found.errors,
        "reasons": found.reasons,
        "findings": found.findings,
        "options": found.options,
        "preset": found.preset,
        "filename": found.filename,
        "sha256": found.sha256,
    }


def read_map(raw: str, *, attr: str = "map") -> dict[str, str]:
    """`prompt=COLUMN,…` or a JSON object. Raises InvalidInput at `attr`."""
    try:
        mapping = orjson.loads(raw) if raw.lstrip().startswith("{") else _pairs(raw)
        if all(isinstance(column, str) for column in mapping.values()):
            return dict(mapping)
    except ValueError:
        pass
    if attr == "map":
        raise InvalidInput(_('A map is prompt=COLUMN,… or {"prompt": "COLUMN"}.'), attr=attr)
    raise InvalidInput(_('Options are name=value,… or {"name": "value"}.'), attr=attr)


def _pairs(raw: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in raw.split(",") if pair)


class ImportFilter(StrictSerializer):
    status = serializers.ChoiceField(ImportJob.Status.choices, required=False)


class ImportRow(JobOut):
    """An import of a list; what became of each row is at its `url`."""

    read = serializers.IntegerField()
    created = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = serializers.IntegerField()
    preset = serializers.CharField()
    filename = serializers.CharField()
    created_at = serializers.DateTimeField()


class Imports(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    parser_classes = [MultiPartParser, JSONLinesParser, NDJSONParser]
    filters: ClassVar[type[StrictSerializer] | None] = ImportOptions
    pagination_class = KeysetPagination

    def check_parameters(self, request: Request) -> None:
        if request.method in READING:
            self.filters = ImportFilter  # type: ignore[misc]  # of this request alone
        super().check_parameters(request)

    @extend_schema(
        operation_id="imports", parameters=[ImportFilter], responses=ImportRow(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's imports, oldest first."""
        found = ImportJob.objects.filter(source__project=self.project, **self.filtered)
        paginator = KeysetPagination()
        rows = [
            {**import_out(request, each), "created_at": each.created_at}
            for each in paginator.paginate_queryset(found, request)
        ]
        return paginator.get_paginated_response(ImportRow(rows, many=True).data)

    @extend_schema(
        operation_id="start_import",
        request={
            "multipart/form-data": ImportIn,
            "application/jsonl": OpenApiTypes.BINARY,
            "application/x-ndjson": OpenApiTypes.BINARY,
        },
        parameters=[ImportOptions],
        responses={202: JobOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send a file, or JSON lines as the body (then the options are query parameters)."""
        if isinstance(request.data, QueryDict):
            given = self.read(ImportIn)
            content = given["file"]
            given.setdefault("name", content.name)
        else:
            given = self.filtered
            content = request.data or BytesIO()
            given.setdefault("name", "body.jsonl")
        started = start_import(
            project=self.project,
            preset=given["preset"],
            filename=given["name"],
            content=content,
            mapping=read_map(given["map"]) if "map" in given else None,
            options=read_map(given["options"], attr="options") if "options" in given else None,
            user=self.user,
        )
        out = JobOut(import_out(request, started))
        return Response(out.data, status=202, headers={"Location": out.data["url"]})


class ImportDetail(ObjectView):
    roles = {"GET": RESEARCHERS}
    objects = ImportJob.objects.select_related("source")
    path_to_project = "source.project_id"
    what = "import"
    found: ImportJob

    @extend_schema(operation_id="import", responses=ImportOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far an import is, and what became of its rows."""
        return Response(ImportOut(import_out(request, self.found)).data)


class CancelImport(ObjectView):
    roles = {"POST": RESEARCHERS}
    objects = ImportJob.objects.select_related("source")
    path_to_project = "source.project_id"
    what = "import"
    found: ImportJob

    @extend_schema(operation_id="cancel_import", request=None, responses=ImportOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Read no further. Rows that were counted stay; one that has ended is left as it is."""
        return Response(ImportOut(import_out(request, cancel_import(job=self.found))).data)


class BuiltOnOut(serializers.Serializer[Any]):
    """Something that rests on what the import created and would have to go first."""

    kind = serializers.CharField()
    count = serializers.IntegerField()
    more = serializers.BooleanField(help_text="There is more than was counted.")
    words = serializers.CharField()


class ImportUndoOut(JobOut):
    messages = serializers.IntegerField(help_text="Prompts and responses taken back so far.")
    preferences = serializers.IntegerField(help_text="Votes of the file taken back so far.")
    built_on = BuiltOnOut(many=True, help_text="Why it stopped, where something builds on it.")


class UndoImport(ObjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    objects = ImportJob.objects.select_related("source__project", "undo")
    path_to_project = "source.project_id"
    what = "import"
    found: ImportJob

    @extend_schema(operation_id="import_undo", responses=ImportUndoOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far an import is taken back; 404 for one that is not."""
        if not hasattr(self.found, "undo"):
            raise NotFound(_("This import is not being taken back."))
        return self._told(request, self.found.undo)

    @extend_schema(
        operation_id="undo_import", request=None, responses={200: ImportUndoOut, 202: ImportUndoOut}
    )
    def post(self, request: Request, uid: UUID) -> Response:
        """Take back what one import created: 409 with the reasons where something builds on it.

        Asked for again, it answers the same. What was rejected or there before stays as it was.
        """
        undo = start_undo(job=self.found, user=self.user)
        over = undo.status == ImportUndo.Status.SUCCEEDED
        return self._told(request, undo, status=200 if over else 202)

    def _told(self, request: Request, undo: ImportUndo, *, status: int = 200) -> Response:
        stopped = undo.status == ImportUndo.Status.FAILED
        out = {
            **job(
                request,
                "import-undo",
                uid=self.found.uid,
                status=undo.status,
                progress=undo.progress,
                error=undo.error,
            ),
            "messages": undo.messages,
            "preferences": undo.preferences,
            "built_on": built_on(job=self.found) if stopped else [],
        }
        return Response(ImportUndoOut(out).data, status=status)
