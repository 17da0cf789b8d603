"""`/projects/`: projects and their policies."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import MEMBERS, RESEARCHERS, SignedInReadsResearcherWrites
from api.views import ProjectView, StrictSerializer, View
from collector.models import Project
from collector.selectors import visible_projects
from collector.services.projects import update_project
from common.errors import InvalidInput
from labeling.models import PolicyVersion
from labeling.services.founding import found_project
from labeling.services.policies import current_policy, set_policy


class PolicyIn(StrictSerializer):
    """What is given of a policy; its ranges are the service's to check."""

    modes = serializers.ListField(
        child=serializers.CharField(max_length=16), max_length=20, required=False
    )
    responses = serializers.IntegerField(required=False)
    overlap = serializers.IntegerField(required=False)
    lease_minutes = serializers.IntegerField(required=False)
    edit_window_minutes = serializers.IntegerField(required=False)
    span_labels = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=100, required=False
    )
    excluded_flags = serializers.ListField(
        child=serializers.CharField(max_length=16), max_length=20, required=False
    )
    practice_items = serializers.IntegerField(required=False)
    qualification_items = serializers.IntegerField(required=False)
    qualification_share = serializers.FloatField(required=False)
    qualification_attempts = serializers.IntegerField(required=False)
    escalation = serializers.ListField(
        child=serializers.IntegerField(), max_length=20, required=False
    )
    stop_confidence = serializers.FloatField(required=False)
    gold_share = serializers.FloatField(required=False)
    gold_evaluated_from = serializers.IntegerField(required=False)
    gold_minimum = serializers.FloatField(required=False)
    repeat_share = serializers.FloatField(required=False)
    daily_judgments = serializers.IntegerField(required=False)
    most_judgments = serializers.IntegerField(required=False)
    selection = serializers.CharField(max_length=16, required=False)
    selection_tasks = serializers.IntegerField(required=False)
    show_opinions = serializers.BooleanField(required=False)


class PolicyOut(serializers.ModelSerializer[PolicyVersion]):
    class Meta:
        model = PolicyVersion
        fields = [
            "modes",
            "responses",
            "overlap",
            "lease_minutes",
            "edit_window_minutes",
            "span_labels",
            "excluded_flags",
            "practice_items",
            "qualification_items",
            "qualification_share",
            "qualification_attempts",
            "escalation",
            "stop_confidence",
            "gold_share",
            "gold_evaluated_from",
            "gold_minimum",
            "repeat_share",
            "daily_judgments",
            "most_judgments",
            "selection",
            "selection_tasks",
            "show_opinions",
            "number",
        ]


class ProjectIn(StrictSerializer):
    slug = serializers.SlugField(max_length=64)
    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=100_000, allow_blank=True, required=False)
    licence = serializers.CharField(max_length=100, allow_blank=True, required=False)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=16), max_length=200, required=False
    )
    policy = PolicyIn(required=False)


class ProjectPatch(ProjectIn):
    slug = None  # type: ignore[assignment]
    archived = serializers.BooleanField(required=False)


class ProjectOut(serializers.ModelSerializer[Project]):
    id = serializers.UUIDField(source="uid")
    policy = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = [
            "id",
            "slug",
            "name",
            "description",
            "licence",
            "languages",
            "policy",
            "archived_at",
            "created_at",
        ]

    @extend_schema_field(PolicyOut(allow_null=True))
    def get_policy(self, project: Project) -> Any:
        policy = self.context["policies"].get(project.pk)
        return policy and PolicyOut(policy).data


def _out(project: Project) -> dict[str, Any]:
    policies = {project.pk: current_policy(project=project)}
    return dict(ProjectOut(project, context={"policies": policies}).data)


def _policies(projects: Iterable[Project]) -> dict[str, Any]:
    newest = PolicyVersion.objects.filter(project__in=projects).order_by("project_id", "-number")
    return {"policies": {each.project_id: each for each in newest.distinct("project_id")}}


def _put_in_force(project: Project, policy: dict[str, Any]) -> None:
    try:
        set_policy(project=project, **policy)
    except InvalidInput as error:
        raise InvalidInput(error.detail, attr=f"policy.{error.attr}") from error


class Projects(View):
    judging = frozenset({"GET"})
    permission_classes = [SignedInReadsResearcherWrites]
    pagination_class = KeysetPagination

    @extend_schema(operation_id="projects", responses=ProjectOut(many=True))
    def get(self, request: Request) -> Response:
        """The projects you are a member of; for superusers, all."""
        return self.page(visible_projects(user=self.user), ProjectOut, context=_policies)

    @extend_schema(operation_id="create_project", request=ProjectIn, responses={201: ProjectOut})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        """Make a project with its policy; you become a researcher in it."""
        fields = self.read(ProjectIn)
        fields.setdefault("name", fields["slug"])
        project = found_project(owner=self.user, **fields)
        return Response(_out(project), status=201)


class ProjectDetail(ProjectView):
    judging = frozenset({"GET"})
    roles = {"GET": MEMBERS, "PATCH": RESEARCHERS}

    @extend_schema(operation_id="project", responses=ProjectOut)
    def get(self, request: Request, slug: str) -> Response:
        """A project with the policy in force."""
        return Response(_out(self.project))

    @extend_schema(operation_id="change_project", request=ProjectPatch, responses=ProjectOut)
    @transaction.atomic
    def patch(self, request: Request, slug: str) -> Response:
        """Change what is given. A policy is changed by a new version of it."""
        fields = self.read(ProjectPatch)
        policy = fields.pop("policy", None)
        project = update_project(project=self.project, **fields)
        if policy:
            in_force = PolicyOut(current_policy(project=project)).data
            del in_force["number"]
            _put_in_force(project, in_force | policy)
        return Response(_out(project))
