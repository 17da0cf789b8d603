"""Datasets: `POST /datasets/`, their versions and files, and the stream of a project."""

from itertools import chain
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import User
from api.jobs import JobOut, job
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, TRAINERS
from api.ranges import serve
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.selectors import Access, access_to
from common.errors import InvalidInput, NotFound
from exports.differences import difference
from exports.models import Dataset, DatasetVersion
from exports.recipes import join_repeated
from exports.services.deleting import delete_version
from exports.services.files import open_file
from exports.services.stream import stream_rows
from exports.services.versions import cancel_version, start_version


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
    lineage = serializers.DictField(
        help_text="What became of the parent's judgments: added, retired, erased."
    )
    deleted_at = serializers.DateTimeField(allow_null=True)
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
        "lineage": version.lineage,
        "deleted_at": version.deleted_at,
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


class DatasetRow(serializers.ModelSerializer[Dataset]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = Dataset
        fields = ["id", "name", "recipe", "created_at"]


class ProjectDatasets(ProjectView):
    roles = {"GET": TRAINERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="datasets", responses=DatasetRow(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The project's datasets, each with the recipe of its newest version."""
        return self.page(self.project.datasets.all(), DatasetRow)


class VersionRow(serializers.ModelSerializer[DatasetVersion]):
    id = serializers.UUIDField(source="uid")
    error = serializers.CharField()

    class Meta:
        model = DatasetVersion
        fields = [
            *("id", "number", "status", "progress", "error", "formats", "container"),
            *("cut_off", "lineage", "created_at", "finished_at", "deleted_at"),
        ]


class Versions(ObjectView):
    roles = {"GET": TRAINERS}
    objects = Dataset.objects.all()
    what = "dataset"
    found: Dataset
    pagination_class = KeysetPagination

    @extend_schema(operation_id="dataset_versions", responses=VersionRow(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        """Every version of the dataset, withdrawn and deleted ones too."""
        return self.page(self.found.versions.all(), VersionRow)


class VersionView(ObjectView):
    roles = {"GET": TRAINERS}
    objects = DatasetVersion.objects.select_related("dataset")
    path_to_project = "dataset.project_id"
    what = "dataset version"
    found: DatasetVersion


class VersionDetail(VersionView):
    roles = {"GET": TRAINERS, "DELETE": RESEARCHERS}

    @extend_schema(operation_id="delete_dataset_version", responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        """Remove the version's files for ever. Its number and manifest stay."""
        delete_version(version=self.found, user=self.user)
        return Response(status=204)

    @extend_schema(operation_id="dataset_version", responses=VersionOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far a version is; once built, its files and its manifest."""
        return Response(version_out(request, self.found))


class CancelVersion(VersionView):
    roles = {"POST": TRAINERS}

    @extend_schema(operation_id="cancel_dataset_version", request=None, responses=VersionOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Stop a build. 409 if it has ended already."""
        cancel_version(version=self.found)
        self.found.refresh_from_db()
        return Response(version_out(request, self.found))


class DifferenceQuery(StrictSerializer):
    since = serializers.UUIDField(help_text="The older version, by its id.")


class ChangeOut(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    kept = serializers.IntegerField()


class BothOut(serializers.Serializer[Any]):
    old = serializers.FloatField(allow_null=True)
    new = serializers.FloatField(allow_null=True)


class RowsOut(serializers.Serializer[Any]):
    old = serializers.IntegerField(allow_null=True)
    new = serializers.IntegerField(allow_null=True)


class DifferenceOut(serializers.Serializer[Any]):
    judgments = ChangeOut()
    prompts = ChangeOut()
    rows = serializers.DictField(child=RowsOut(), help_text="By format; null if never built.")
    agreement = BothOut(help_text="Share of the same answers of two labelers; null if unknown.")


class Difference(VersionView):
    filters = DifferenceQuery

    @extend_schema(
        operation_id="dataset_difference", parameters=[DifferenceQuery], responses=DifferenceOut
    )
    def get(self, request: Request, uid: UUID) -> Response:
        """What changed from another version of the project to this one."""
        old = self.objects.filter(uid=self.filtered["since"], dataset__project=self.project).first()
        if old is None:
            raise NotFound("There is no such dataset version in the project.")
        return Response(DifferenceOut(difference(old=old, new=self.found)).data)


class VersionFile(VersionView):
    @extend_schema(
        operation_id="dataset_file",
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            302: OpenApiResponse(description="The file is in a bucket; follow the link."),
            304: OpenApiResponse(description="You have it already (If-None-Match)."),
            416: OpenApiResponse(description="The file has no such range."),
        },
    )
    def get(self, request: Request, uid: UUID, name: str) -> HttpResponseBase:
        """A file of a version; ranges are served, so that a download can go on.

        Where files are kept in a bucket, the way to it: a link that is good for ten minutes.
        """
        file = open_file(version=self.found, name=name)
        if file.link is not None:
            return HttpResponseRedirect(file.link)
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
