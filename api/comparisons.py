"""`GET /projects/{slug}/comparisons/` and `GET /projects/{slug}/progress/`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import STAFF
from api.views import ProjectView, StrictSerializer
from labeling.models import Comparison
from labeling.models.judgments import Purpose
from labeling.results import comparisons_of, project_progress


class ComparisonFilter(StrictSerializer):
    generator = serializers.CharField(required=False, max_length=100)
    labeler = serializers.CharField(required=False, max_length=64, help_text="A pseudonym.")
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    created_after = serializers.DateTimeField(required=False)


class ComparisonOut(serializers.ModelSerializer[Comparison]):
    judgment = serializers.UUIDField(source="judgment.uid")
    labeler = serializers.CharField(source="labeler.pseudonym")
    prompt = serializers.UUIDField(source="prompt.uid", default=None, allow_null=True)
    first = serializers.UUIDField(source="first.uid", default=None, allow_null=True)
    second = serializers.UUIDField(source="second.uid", default=None, allow_null=True)
    first_generator = serializers.CharField(
        source="first_generator.name", default=None, allow_null=True
    )
    second_generator = serializers.CharField(
        source="second_generator.name", default=None, allow_null=True
    )

    class Meta:
        model = Comparison
        fields = [
            "judgment",
            "labeler",
            "prompt",
            "first",
            "second",
            "first_generator",
            "second_generator",
            "outcome",
            "strength",
            "first_shown_before",
            "purpose",
            "created_at",
        ]


class TaskCounts(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    complete = serializers.IntegerField()
    void = serializers.IntegerField()


class SlotCounts(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    leased = serializers.IntegerField()
    submitted = serializers.IntegerField()
    skipped = serializers.IntegerField()
    void = serializers.IntegerField()


class ProgressOut(serializers.Serializer[Any]):
    prompts = serializers.IntegerField()
    responses = serializers.IntegerField()
    tasks = TaskCounts()
    slots = SlotCounts()
    judgments = serializers.IntegerField(help_text="Those in force; corrected ones not counted.")
    comparisons = serializers.IntegerField()
    labelers = serializers.IntegerField(help_text="People who have judged.")


class Comparisons(ProjectView):
    roles = {"GET": STAFF}
    filters = ComparisonFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="comparisons",
        parameters=[ComparisonFilter],
        responses=ComparisonOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Pairs in force, oldest first. `first` is the older response, never the better one."""
        return self.page(comparisons_of(project=self.project, **self.filtered), ComparisonOut)


class Progress(ProjectView):
    roles = {"GET": STAFF}

    @extend_schema(operation_id="progress", responses=ProgressOut)
    def get(self, request: Request, slug: str) -> Response:
        """How much there is, how much is done, and how much is owed."""
        return Response(ProgressOut(project_progress(project=self.project)).data)
