"""Datasets: `POST /datasets/`, their versions and files, and the stream of a project."""

from itertools import chain
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import User
from api.jobs import JobOut, job
from api.permissions import TRAINERS
from api.ranges import serve
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.selectors import Access, access_to
from common.errors import InvalidInput
from exports.models import DatasetVersion
from exports.recipes import join_repeated
from exports.services.files import open_file
from exports.services.stream import stream_rows
from exports.services.versions import start_version


class DatasetIn(StrictSerializer):
    project = serializers.CharField(max_length=64)
    name = serializers.CharField(max_length=200)
    formats = serializers.ListField(child=serializers.CharField(max_length=32), max_length=50)
    container = serializers.CharField(max_length=16, default="jsonl")
    recipe = serializers.DictField(
        default=dict, help_text="Which judgments become which rows; {} for the defaults."
    )


class DatasetOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = JobOut()


class FileOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    format = serializers.CharField()
    split = serializers.CharField()
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.URLField()


class VersionOut(JobOut):
    dataset = serializers.UUIDField()
    name = serializers.CharField()
    number = serializers.IntegerField()
    formats = serializers.ListField(child=serializers.CharField())
    container = serializers.CharField()
    recipe = serializers.DictField()
    cut_off = serializers.DateTimeField(allow_null=True)
    files = FileOut(many=True)
    manifest = serializers.DictField()


class ExportQuery(serializers.Serializer[Any]):
    format = serializers.CharField(help_text="As in a dataset, such as `preference`.")
    split = serializers.ChoiceField(["train", "test"], required=False)


def version_job(request: Request, version: DatasetVersion) -> dict[str, Any]:
    return job(
        request,
        "dataset-version",
        uid=version.uid,
        status=version.status,
        progress=version.progress,
        error=version.error,
    )


def version_out(request: Request, version: DatasetVersion) -> Any:
    files = [
        {
            "name": file.name,
            "format": file.format,
            "split": file.split,
            "rows": file.rows,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "url": reverse(
                "api:file", kwargs={"uid": version.uid, "name": file.name}, request=request
            ),
        }
        for file in version.files.order_by("name")
    ]
    own = {
        "dataset": version.dataset.uid,
        "name": version.dataset.name,
        "number": version.number,
        "formats": version.formats,
        "container": version.container,
        "recipe": version.recipe,
        "cut_off": version.cut_off,
        "files": files,
        "manifest": version.manifest,
    }
    return VersionOut(version_job(request, version) | own).data


class Datasets(ProjectView):
    """The project is named in the body."""

    roles = {"POST": TRAINERS}
    asked: dict[str, Any]

    def find_access(self, user: User) -> Access:
        self.asked = self.read(DatasetIn)
        return access_to(user=user, slug=self.asked.pop("project"))

    @extend_schema(operation_id="build_dataset", request=DatasetIn, responses={202: DatasetOut})
    def post(self, request: Request) -> Response:
        """Freeze a version of a dataset (made if new) and have it built."""
        version = start_version(project=self.project, user=self.user, **self.asked)
        out = {"id": version.dataset.uid, "version": version_job(request, version)}
        return Response(DatasetOut(out).data, status=202)


class VersionView(ObjectView):
    roles = {"GET": TRAINERS}
    objects = DatasetVersion.objects.select_related("dataset")
    path_to_project = "dataset.project_id"
    what = "dataset version"
    found: DatasetVersion


class VersionDetail(VersionView):
    @extend_schema(operation_id="dataset_version", responses=VersionOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far a version is; once built, its files and its manifest."""
        return Response(version_out(request, self.found))


class VersionFile(VersionView):
    @extend_schema(
        operation_id="dataset_file",
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="You have it already (If-None-Match)."),
            416: OpenApiResponse(description="The file has no such range."),
        },
    )
    def get(self, request: Request, uid: UUID, name: str) -> HttpResponseBase:
        """A file of a version; ranges are served, so that a download can go on."""
        file = open_file(version=self.found, name=name)
        return serve(
            request=request,
            path=file.path,
            name=file.name,
            content_type=file.content_type,
            size=file.bytes,
            sha256=file.sha256,
        )


class Export(ProjectView):
    """Query parameters besides format and split are keys of the recipe, which checks them."""

    roles = {"GET": TRAINERS}

    def check_parameters(self, request: Request) -> None:
        pass

    @extend_schema(
        operation_id="export",
        parameters=[
            ExportQuery,
            OpenApiParameter(
                "recipe",
                {"type": "object", "additionalProperties": {"type": "string"}},
                style="form",
                explode=True,
                description="Keys of a recipe, such as `pairs=best_worst`.",
            ),
        ],
        responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The rows as they are now, one JSON object a line."""
        given = join_repeated(dict(request.GET.lists()))
        query = ExportQuery(data=given)
        query.is_valid(raise_exception=True)
        recipe = {key: value for key, value in given.items() if key not in query.fields}
        try:
            blocks = stream_rows(project=self.project, recipe=recipe, **query.validated_data)
        except InvalidInput as error:
            attr = "format" if error.attr == "formats" else error.attr
            raise InvalidInput(error.detail, attr=attr) from error
        first = next(blocks, b"")  # what fails at the start is still an error and no short file
        return StreamingHttpResponse(chain([first], blocks), content_type="application/x-ndjson")
