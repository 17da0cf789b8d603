"""Tasks: claiming and answering them.

Claim and submit are the busiest addresses of all: claim writes its answer without a serializer.
"""

from contextlib import suppress
from dataclasses import fields
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Labeler
from accounts.services import labeler_of
from api.idempotency import NothingYet
from api.permissions import MEMBERS, InProjectAsJudge, SignedIn
from api.views import ProjectView, StrictSerializer, View
from common.errors import Conflict, InvalidInput
from labeling.describing import describe_modes
from labeling.questions import EDIT_MAX
from labeling.services.claiming import ClaimedTask, claim, renew, skip
from labeling.services.submitting import Answer, submit

HELD_AT_MOST = 100


class ClaimIn(serializers.Serializer[Any]):
    """Describes the body; `read_holding` reads it."""

    holding = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=HELD_AT_MOST,
        required=False,
        help_text="Slots you have on your desk. One you hold and do not list is given back to you.",
    )


class ClaimOut(serializers.Serializer[Any]):
    slot = serializers.UUIDField()
    expires_at = serializers.DateTimeField()
    kind = serializers.CharField()
    guideline_version = serializers.IntegerField(allow_null=True)
    prompt = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    responses = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text='[{"id": "1", "text": "…"}, …]; ids are the places shown, of this slot only.',
    )
    modes = serializers.DictField(
        child=serializers.DictField(),
        help_text="What the answer asks for, by mode: questions with their choices and words. "
        "Modes of each response name their questions.",
    )


class RatingIn(serializers.Serializer[Any]):
    overall = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=7)
    attributes = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=4), required=False
    )
    flags = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        help_text='{"hallucination": true}; a list of names is taken for those that are true.',
    )
    labels = serializers.DictField(
        required=False,
        help_text='{"spam": false, "quality": 0.75}: yes or no, or one of five steps from 0 to 1.',
    )


class AnswersIn(serializers.Serializer[Any]):
    confidence = serializers.IntegerField(required=False, min_value=1, max_value=9)
    safety = serializers.ChoiceField(["first", "second", "both", "neither"], required=False)


class EditIn(serializers.Serializer[Any]):
    response = serializers.CharField(help_text="The place of the response it was made from.")
    text = serializers.CharField(max_length=EDIT_MAX)


class SpanIn(serializers.Serializer[Any]):
    response = serializers.CharField()
    start = serializers.IntegerField(help_text="In characters (code points) of the text served.")
    end = serializers.IntegerField(help_text="The first character that is not in it.")
    label = serializers.CharField(max_length=64)  # type: ignore[assignment]
    note = serializers.CharField(required=False, allow_blank=True)


class SubmitIn(serializers.Serializer[Any]):
    """An answer; responses are named by the places they were shown at. (Describes the body; what
    makes an answer is checked by `labeling.answers` alone.)
    """

    submit_key = serializers.CharField(
        max_length=64, help_text="Your own name of this answer: sent again, it is stored once."
    )
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        allow_null=True,
        help_text='Best first, ties together: [["2"], ["1", "3"]].',
    )
    strength = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=3)
    not_rankable = serializers.CharField(
        required=False, allow_null=True, help_text="Instead of tiers: why none is acceptable."
    )
    ratings = serializers.DictField(child=RatingIn(), required=False)
    answers = AnswersIn(required=False)
    rationale = serializers.CharField(required=False, allow_blank=True)
    seconds = serializers.FloatField(required=False, allow_null=True)
    edit = EditIn(required=False, allow_null=True)
    spans = SpanIn(many=True, required=False)


_ANSWERED = frozenset(field.name for field in fields(Answer))


def read_answer(body: Any) -> Answer:
    """The body of a submit, as yet unchecked but for its fields. Raises InvalidInput."""
    if not isinstance(body, dict):
        raise InvalidInput(_("An answer is a JSON object."))
    for name in body:
        if name not in _ANSWERED:
            raise InvalidInput(_("An answer has no such field."), attr=name)
    answered: dict[str, Any] = {"submit_key": ""} | body
    return Answer(**answered)


class SubmitOut(serializers.Serializer[Any]):
    judgment = serializers.UUIDField()


class SkipIn(StrictSerializer):
    reason = serializers.CharField(max_length=32)
    note = serializers.CharField(default="", allow_blank=True, max_length=10_000)


class RenewOut(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()


def read_holding(body: Any) -> list[UUID]:
    """The slots that a claim lists. Raises InvalidInput."""
    if isinstance(body, dict) and body.keys() <= {"holding"}:
        held = body.get("holding", [])
        if isinstance(held, list) and len(held) <= HELD_AT_MOST:
            with suppress(ValueError, TypeError, AttributeError):
                return [UUID(slot) for slot in held]
    raise InvalidInput(_('A claim is {"holding": ["slot", …]}.'), attr="holding")


class Claim(ProjectView):
    judging = frozenset({"POST"})
    permission_classes = [InProjectAsJudge]
    metered = False
    roles = {"POST": MEMBERS}

    @extend_schema(
        operation_id="claim",
        request=ClaimIn,
        responses={200: ClaimOut, 204: OpenApiResponse(description="There is no task for you.")},
    )
    def post(self, request: Request, slug: str) -> Response:
        """The next task, leased to you; 204 where there is none.

        For labelers who have no other role in the project: judging is blind.
        """
        if self.project.archived_at is not None:
            raise Conflict(_("The project is archived."))
        holding = read_holding(request.data)
        task = claim(project=self.project, labeler=labeler_of(user=self.user), holding=holding)
        return NothingYet() if task is None else Response(claim_out(task))


def claim_out(task: ClaimedTask) -> dict[str, Any]:
    """A claimed task as `ClaimOut`."""
    return {
        "slot": task.slot,
        "expires_at": task.expires_at,
        "kind": task.kind,
        "guideline_version": task.guideline_version,
        "prompt": task.prompt,
        "responses": [{"id": shown.id, "text": shown.text} for shown in task.responses],
        "modes": describe_modes(
            task.modes, places=len(task.responses), span_labels=task.span_labels
        ),
    }


class SlotView(View):
    """A slot is its holder's by the lease alone; services refuse everybody else."""

    permission_classes = [SignedIn]
    metered = False

    @property
    def labeler(self) -> Labeler:
        return labeler_of(user=self.user)


class SubmitSlot(SlotView):
    judging = frozenset({"POST"})

    @extend_schema(operation_id="submit", request=SubmitIn, responses={201: SubmitOut})
    def post(self, request: Request, slot: UUID) -> Response:
        """Answer a task. The same body under the same submit_key is the same answer."""
        answer = read_answer(request.data)
        judgment = submit(slot_uid=slot, labeler=self.labeler, answer=answer)
        return Response({"judgment": judgment.uid}, status=201)


class SkipSlot(SlotView):
    judging = frozenset({"POST"})

    @extend_schema(
        operation_id="skip",
        request=SkipIn,
        responses={204: OpenApiResponse(description="Skipped; it does not come back to you.")},
    )
    def post(self, request: Request, slot: UUID) -> Response:
        """Pass on a task, with a reason."""
        skip(slot_uid=slot, labeler=self.labeler, **self.read(SkipIn))
        return Response(status=204)


class RenewSlot(SlotView):
    judging = frozenset({"POST"})

    @extend_schema(operation_id="renew", request=None, responses=RenewOut)
    def post(self, request: Request, slot: UUID) -> Response:
        """Start the lease anew. Who labels in the project no more may only submit or skip."""
        return Response({"expires_at": renew(slot_uid=slot, labeler=self.labeler)})
