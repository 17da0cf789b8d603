"""`dataset-versions/{id}/pushes/` and `pushes/{id}/`: versions uploaded to the hub."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.datasets import VersionView
from api.jobs import JobOut, job
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, TRAINERS
from api.views import ObjectView, StrictSerializer
from exports.models import HubPush
from exports.services.hub_push import start_push


class PushIn(StrictSerializer):
    repository = serializers.CharField(
        max_length=200, help_text="`namespace/name` of a dataset repository, made if new."
    )
    private = serializers.BooleanField(
        default=True, help_text="Whether a new repository is for its owners only."
    )


class PushOut(JobOut):
    repository = serializers.CharField()
    private = serializers.BooleanField()
    commit_url = serializers.CharField(help_text="The commit on the hub; empty until it is done.")


class PushRow(serializers.ModelSerializer[HubPush]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = HubPush
        fields = [
            *("id", "status", "error", "repository", "private", "commit_url"),
            *("created_at", "finished_at"),
        ]


def push_out(request: Request, push: HubPush) -> Any:
    told = job(request, "push", uid=push.uid, status=push.status, progress=0.0, error=push.error)
    own = {
        "repository": push.repository,
        "private": push.private,
        "commit_url": push.commit_url,
    }
    return PushOut(told | own).data


class Pushes(VersionView):
    roles = {"GET": TRAINERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="pushes", responses=PushRow(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        """Where the version was uploaded to, withdrawn and deleted versions too."""
        return self.page(self.found.pushes.all(), PushRow)

    @extend_schema(operation_id="push_dataset_version", request=PushIn, responses={202: PushOut})
    def post(self, request: Request, uid: UUID) -> Response:
        """Upload a built version to a dataset repository of the Hugging Face hub."""
        push = start_push(version=self.found, user=self.user, **self.read(PushIn))
        return Response(push_out(request, push), status=202)


class PushDetail(ObjectView):
    roles = {"GET": TRAINERS}
    objects = HubPush.objects.select_related("version__dataset")
    path_to_project = "version.dataset.project_id"
    what = "push"
    found: HubPush

    @extend_schema(operation_id="push", responses=PushOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """Whether the version is on the hub, and by which commit."""
        return Response(push_out(request, self.found))
