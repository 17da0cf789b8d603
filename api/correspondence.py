"""Reports and letters: labelers under `/me/`, reviewers under their projects.

Labelers are known to reviewers by pseudonym, and the reviewers to labelers not at all.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import labeler_of
from api.paging import KeysetPagination
from api.permissions import Role, SignedIn
from api.views import ObjectView, ProjectView, StrictSerializer, View
from common.errors import NotAllowed
from labeling.correspondence import (
    labeler_named,
    letters_in,
    letters_to,
    project_to_write_to,
    reports_about,
    reports_by,
)
from labeling.models import Letter, Report
from labeling.services.letters import TEXT_MAX, answer_letter, mark_read, write_letter
from labeling.services.reports import PAGE_MAX, report, resolve

REVIEWERS = frozenset({Role.REVIEWER})


class LetterFilter(StrictSerializer):
    labeler = serializers.CharField(required=False, max_length=64, help_text="A pseudonym.")
    unread = serializers.BooleanField(required=False, help_text="Of the labelers', unread ones.")


class LetterOut(serializers.ModelSerializer[Letter]):
    id = serializers.UUIDField(source="uid")
    labeler = serializers.CharField(source="labeler.pseudonym")
    project = serializers.CharField(source="project.slug")

    class Meta:
        model = Letter
        fields = ["id", "project", "labeler", "from_labeler", "kind", "text", "created_at"]


class LetterToReviewersOut(LetterOut):
    class Meta(LetterOut.Meta):
        fields = [*LetterOut.Meta.fields, "read_at"]


class AnswerLetterIn(StrictSerializer):
    labeler = serializers.CharField(max_length=64, help_text="Their pseudonym.")
    text = serializers.CharField(max_length=TEXT_MAX)


class LabelerIn(StrictSerializer):
    labeler = serializers.CharField(max_length=64, help_text="Their pseudonym.")


class LetterIn(StrictSerializer):
    project = serializers.SlugField(max_length=64)
    text = serializers.CharField(max_length=TEXT_MAX)
    kind = serializers.ChoiceField(Letter.Kind.choices, default=Letter.Kind.MESSAGE)


class ReportFilter(StrictSerializer):
    state = serializers.ChoiceField(Report.State.choices, required=False)


class OwnReportOut(serializers.ModelSerializer[Report]):
    id = serializers.UUIDField(source="uid")
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)

    class Meta:
        model = Report
        fields = [
            *("id", "project", "category", "text", "state", "answer", "created_at"),
            "resolved_at",
        ]


class ReportOut(OwnReportOut):
    labeler = serializers.CharField(source="labeler.pseudonym")
    prompt = serializers.UUIDField(source="task.prompt.uid", default=None, allow_null=True)
    response = serializers.UUIDField(source="response.uid", default=None, allow_null=True)

    class Meta(OwnReportOut.Meta):
        fields = [*OwnReportOut.Meta.fields, "labeler", "prompt", "response", "page"]


class ReportIn(StrictSerializer):
    category = serializers.ChoiceField(Report.Category.choices)
    text = serializers.CharField(default="", allow_blank=True, max_length=TEXT_MAX)
    project = serializers.SlugField(max_length=64, required=False)
    slot = serializers.UUIDField(required=False, help_text="A task that you have or had.")
    place = serializers.IntegerField(
        required=False, min_value=1, help_text="The response meant, as it was shown."
    )
    page = serializers.CharField(default="", allow_blank=True, max_length=PAGE_MAX)


class ResolveIn(StrictSerializer):
    answer = serializers.CharField(
        default="", allow_blank=True, max_length=TEXT_MAX, help_text="Who reported it reads it."
    )


class Letters(ProjectView):
    roles = {"GET": REVIEWERS, "POST": REVIEWERS}
    filters = LetterFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="letters",
        parameters=[LetterFilter],
        responses=LetterToReviewersOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Letters between the project's labelers and its reviewers, oldest first."""
        return self.page(letters_in(project=self.project, **self.filtered), LetterToReviewersOut)

    @extend_schema(
        operation_id="answer_letter",
        request=AnswerLetterIn,
        responses={201: LetterToReviewersOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Write to a labeler, who is not told which of the reviewers it was."""
        asked = self.read(AnswerLetterIn)
        labeler = labeler_named(project=self.project, pseudonym=asked["labeler"])
        if labeler.pk == labeler_of(user=self.user).pk:
            raise NotAllowed("You cannot answer your own letters.")
        letter = answer_letter(
            project=self.project, labeler=labeler, writer=self.user, text=asked["text"]
        )
        return Response(LetterToReviewersOut(letter).data, status=201)


class ReadLetters(ProjectView):
    roles = {"POST": REVIEWERS}

    @extend_schema(
        operation_id="read_letters",
        request=LabelerIn,
        responses={204: OpenApiResponse(description="They are read.")},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Mark a labeler's letters as read, for all reviewers."""
        labeler = labeler_named(project=self.project, pseudonym=self.read(LabelerIn)["labeler"])
        mark_read(Letter.objects.filter(project=self.project, labeler=labeler, from_labeler=True))
        return Response(status=204)


class Reports(ProjectView):
    roles = {"GET": REVIEWERS}
    filters = ReportFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="reports", parameters=[ReportFilter], responses=ReportOut(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """What labelers of the project want looked at, oldest first."""
        return self.page(reports_about(project=self.project, **self.filtered), ReportOut)


class ResolveReport(ObjectView):
    roles = {"POST": REVIEWERS}
    objects = Report.objects.filter(project__isnull=False).select_related(
        "project", "labeler", "task__prompt", "response"
    )
    what = "report"
    found: Report

    @extend_schema(operation_id="resolve_report", request=ResolveIn, responses=ReportOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Close a report, with words for who filed it; 409 where somebody has."""
        return Response(ReportOut(resolve(report=self.found, **self.read(ResolveIn))).data)


class OwnLetters(View):
    judging = frozenset({"GET", "POST"})
    permission_classes = [SignedIn]
    pagination_class = KeysetPagination

    @extend_schema(operation_id="my_letters", responses=LetterOut(many=True))
    def get(self, request: Request) -> Response:
        """Letters between you and the reviewers of your projects, oldest first."""
        return self.page(letters_to(labeler=labeler_of(user=self.user)), LetterOut)

    @extend_schema(operation_id="write_letter", request=LetterIn, responses={201: LetterOut})
    def post(self, request: Request) -> Response:
        """Write to a project's reviewers, as your pseudonym; an appeal asks for a decision."""
        asked = self.read(LetterIn)
        labeler = labeler_of(user=self.user)
        asked["project"] = project_to_write_to(
            user=self.user, labeler=labeler, slug=asked["project"]
        )
        return Response(LetterOut(write_letter(labeler=labeler, **asked)).data, status=201)


class OwnReports(View):
    judging = frozenset({"GET", "POST"})
    permission_classes = [SignedIn]
    pagination_class = KeysetPagination

    @extend_schema(operation_id="my_reports", responses=OwnReportOut(many=True))
    def get(self, request: Request) -> Response:
        """What you reported, oldest first, and what was answered."""
        return self.page(reports_by(labeler=labeler_of(user=self.user)), OwnReportOut)

    @extend_schema(operation_id="report", request=ReportIn, responses={201: OwnReportOut})
    def post(self, request: Request) -> Response:
        """Have something looked at: a task or response of yours, a page, a project."""
        asked: dict[str, Any] = self.read(ReportIn)
        labeler = labeler_of(user=self.user)
        if slug := asked.pop("project", ""):
            asked["project"] = project_to_write_to(user=self.user, labeler=labeler, slug=slug)
        return Response(OwnReportOut(report(labeler=labeler, **asked)).data, status=201)
