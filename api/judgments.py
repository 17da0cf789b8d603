"""What labelers said, answer by answer: `/projects/{slug}/judgments/` and `/judgments/{uid}/`."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import STAFF
from api.views import ObjectView, ProjectView, StrictSerializer
from labeling.models import Judgment, ResponseRating, Span
from labeling.models.judgments import Purpose
from labeling.results import judgments_in_full, judgments_of, names_in


class JudgmentFilter(StrictSerializer):
    labeler = serializers.CharField(required=False, max_length=64, help_text="A pseudonym.")
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    prompt = serializers.UUIDField(required=False)
    task = serializers.UUIDField(required=False)
    created_after = serializers.DateTimeField(required=False)
    retired = serializers.BooleanField(
        required=False, help_text="Those taken out of force, such as by a correction."
    )


class RatingOfJudgmentOut(serializers.ModelSerializer[ResponseRating]):
    response = serializers.UUIDField(source="response.uid")

    class Meta:
        model = ResponseRating
        fields = ["response", "overall", "attributes", "flags", "labels"]


class SpanOfJudgmentOut(serializers.ModelSerializer[Span]):
    response = serializers.UUIDField(source="response.uid")
    label = serializers.CharField()  # type: ignore[assignment]

    class Meta:
        model = Span
        fields = ["response", "start", "end", "label", "note"]


class JudgmentDetailOut(serializers.ModelSerializer[Judgment]):
    id = serializers.UUIDField(source="uid")
    task = serializers.UUIDField(source="task.uid")
    prompt = serializers.UUIDField(source="task.prompt.uid", default=None, allow_null=True)
    labeler = serializers.CharField(source="labeler.pseudonym")
    kind = serializers.CharField(source="labeler.kind", help_text="Of labeler.")
    policy_version = serializers.IntegerField(
        source="policy_version.number", default=None, allow_null=True
    )
    guideline_version = serializers.IntegerField(
        source="guideline_version.number", default=None, allow_null=True
    )
    order = serializers.SerializerMethodField(help_text="What was shown, first place first.")
    tiers = serializers.SerializerMethodField(
        help_text="Ids of responses, best first, ties together; null where none was acceptable. An "
        "imported vote without texts names models instead."
    )
    answers = serializers.DictField()
    ratings = RatingOfJudgmentOut(many=True)
    spans = SpanOfJudgmentOut(many=True)
    edit = serializers.UUIDField(
        source="edit.uid", default=None, allow_null=True, help_text="The better version written."
    )
    supersedes = serializers.UUIDField(
        source="supersedes.uid", default=None, allow_null=True, help_text="The answer it corrects."
    )

    class Meta:
        model = Judgment
        fields = [
            *("id", "task", "prompt", "labeler", "kind", "purpose", "policy_version"),
            *("guideline_version", "order", "tiers", "not_rankable", "strength", "answers"),
            *("ratings", "spans", "edit", "rationale", "seconds", "supersedes", "created_at"),
            "retired_at",
        ]

    def get_order(self, judgment: Judgment) -> list[str]:
        names = self.context["names"][judgment.pk]
        return [names[pk] for pk in judgment.order]

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ListField(child=serializers.CharField()), allow_null=True
        )
    )
    def get_tiers(self, judgment: Judgment) -> list[list[str]] | None:
        names = self.context["names"][judgment.pk]
        if judgment.tiers is None:
            return None
        return [[names[pk] for pk in tier] for tier in judgment.tiers]


def _names(judgments: Iterable[Judgment]) -> dict[str, Any]:
    return {"names": names_in(judgments=judgments)}


class Judgments(ProjectView):
    roles = {"GET": STAFF}
    filters = JudgmentFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="judgments",
        parameters=[JudgmentFilter],
        responses=JudgmentDetailOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answers in force, oldest first; those of excluded labelers only where they are named."""
        rows = judgments_of(project=self.project, **self.filtered)
        return self.page(rows, JudgmentDetailOut, context=_names)


class JudgmentDetail(ObjectView):
    roles = {"GET": STAFF}
    objects = judgments_in_full()
    path_to_project = "task.project_id"
    what = "judgment"
    found: Judgment

    @extend_schema(operation_id="judgment", responses=JudgmentDetailOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """One answer with all that was said, in force or not."""
        return Response(JudgmentDetailOut(self.found, context=_names([self.found])).data)
