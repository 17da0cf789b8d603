"""Adjudication over REST: what waits for an expert, the votes, and the decision."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import labeler_of
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, Role
from api.views import ObjectView, ProjectView, StrictSerializer
from labeling.adjudications import Case, case_of
from labeling.answers import Answer
from labeling.models import Adjudication
from labeling.questions import REASON_MAX
from labeling.services.adjudicating import (
    NOTE_MAX,
    PUT_BACK_CHOICES,
    Decision,
    open_by_hand,
    resolve,
)
from labeling.services.policies import GUIDELINES_MAX

EXPERTS = RESEARCHERS | {Role.REVIEWER}
PLACES_MAX = 9


class AdjudicationFilter(StrictSerializer):
    state = serializers.ChoiceField(Adjudication.State.choices, required=False)
    kind = serializers.ChoiceField(Adjudication.Kind.choices, required=False)


class OpenIn(StrictSerializer):
    task = serializers.UUIDField(help_text="Its id, as in exported judgments.")


class AdjudicationOut(serializers.ModelSerializer[Adjudication]):
    id = serializers.UUIDField(source="uid")
    task = serializers.UUIDField(source="task.uid")
    judgment = serializers.UUIDField(
        source="judgment.uid", default=None, allow_null=True, help_text="The expert's, if any."
    )
    guideline_version = serializers.IntegerField(
        source="guideline_version.number", default=None, allow_null=True
    )

    class Meta:
        model = Adjudication
        fields = [
            "id",
            "task",
            "state",
            "kind",
            "disagreement",
            "note",
            "judgment",
            "guideline_version",
            "put_back",
            "opened_at",
            "resolved_at",
        ]


class ShownOut(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The place: it means nothing outside this adjudication.")
    text = serializers.CharField()


class VoteOut(serializers.Serializer[Any]):
    labeler = serializers.CharField(source="labeler.pseudonym")
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), allow_null=True
    )
    not_rankable = serializers.CharField(allow_blank=True)
    rationale = serializers.CharField(allow_blank=True)
    order = serializers.ListField(
        source="seen", child=serializers.CharField(), help_text="What they saw, first place first."
    )
    seconds = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()
    guideline_version = serializers.IntegerField(source="guideline", allow_null=True)
    counts = serializers.BooleanField(help_text="False for labelers who are excluded.")


class CaseOut(AdjudicationOut):
    modes = serializers.ListField(child=serializers.CharField())
    prompt = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    responses = ShownOut(many=True)
    votes = VoteOut(many=True)

    class Meta(AdjudicationOut.Meta):
        fields = [*AdjudicationOut.Meta.fields, "modes", "prompt", "responses", "votes"]


class DecisionIn(StrictSerializer):
    kind = serializers.ChoiceField(Adjudication.Kind.choices)
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), max_length=PLACES_MAX),
        max_length=PLACES_MAX,
        required=False,
        allow_null=True,
        help_text="Places, best first, ties together. A slip has an answer, an ambiguous prompt "
        "has none, with the other kinds it may be left out.",
    )
    not_rankable = serializers.CharField(required=False, allow_null=True, max_length=REASON_MAX)
    strength = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=3)
    seconds = serializers.FloatField(required=False, allow_null=True, min_value=0)
    note = serializers.CharField(default="", allow_blank=True, max_length=NOTE_MAX)
    guidelines = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=GUIDELINES_MAX,
        help_text="The new text, where there was a gap in the old one.",
    )
    guidelines_base = serializers.IntegerField(
        default=0, min_value=0, help_text="The version that the new text was made from."
    )
    put_back = serializers.ChoiceField(PUT_BACK_CHOICES, default="none")


def _out(case: Case) -> dict[str, Any]:
    listed = dict(AdjudicationOut(case.adjudication).data)
    return listed | {
        "modes": case.task.modes,
        "prompt": case.task.prompt,
        "responses": [{"id": shown.id, "text": shown.text} for shown in case.task.responses],
        "votes": VoteOut(case.votes, many=True).data,
    }


def _decision(said: dict[str, Any], adjudication: Adjudication) -> Decision:
    answered = said.get("tiers") is not None or said.get("not_rankable") is not None
    answer = Answer(
        submit_key=str(adjudication.uid),
        tiers=said.get("tiers"),
        strength=said.get("strength"),
        not_rankable=said.get("not_rankable"),
        seconds=said.get("seconds"),
    )
    return Decision(
        kind=said["kind"],
        answer=answer if answered else None,
        note=said["note"],
        guidelines=said["guidelines"],
        base=said["guidelines_base"],
        put_back=said["put_back"],
    )


class Adjudications(ProjectView):
    roles = {"GET": EXPERTS, "POST": EXPERTS}
    pagination_class = KeysetPagination
    filters = AdjudicationFilter

    @extend_schema(
        operation_id="adjudications",
        parameters=[AdjudicationFilter],
        responses=AdjudicationOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """What labelers disagree on, waiting or decided; oldest first."""
        found = Adjudication.objects.filter(project=self.project, **self.filtered)
        rows = found.select_related("task", "judgment", "guideline_version")
        return self.page(rows, AdjudicationOut)

    @extend_schema(
        operation_id="open_adjudication", request=OpenIn, responses={201: AdjudicationOut}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put a task before an expert whatever its votes are; the open one, if there is one."""
        asked = self.read(OpenIn)
        found = open_by_hand(project=self.project, task_uid=asked["task"])
        return Response(AdjudicationOut(found).data, status=201)


class _OfAdjudication(ObjectView):
    objects = Adjudication.objects.select_related(
        "project", "task", "judgment", "guideline_version"
    )
    what = "adjudication"
    found: Adjudication

    def case(self) -> dict[str, Any]:
        """The adjudication with its texts and votes."""
        return _out(case_of(adjudication=self.found, reader=labeler_of(user=self.user)))


class AdjudicationDetail(_OfAdjudication):
    roles = {"GET": EXPERTS}

    @extend_schema(operation_id="adjudication", responses=CaseOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """One disagreement with its texts, as labelers saw them, and the votes."""
        return Response(self.case())


class ResolveAdjudication(_OfAdjudication):
    roles = {"POST": frozenset({Role.REVIEWER})}

    @extend_schema(operation_id="resolve_adjudication", request=DecisionIn, responses=CaseOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Decide. The votes stay; the same decision again is stored once, another one is 409."""
        decision = _decision(self.read(DecisionIn), self.found)
        self.found = resolve(adjudication=self.found, user=self.user, decision=decision)
        return Response(self.case())
