"""Training: items with a known answer, a labeler's way through them, and reviewers' decisions."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Labeler
from accounts.services import labeler_of
from api.idempotency import NothingYet
from api.paging import KeysetPagination
from api.permissions import MEMBERS, RESEARCHERS, InProjectAsJudge, Role
from api.tasks import ClaimOut, claim_out
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Message
from labeling.models import GoldItem, LabelerStanding
from labeling.services.claiming import ClaimedTask
from labeling.services.gold import EXPLANATION_MAX, create_gold_item, retire_gold_item
from labeling.services.progress import progress_of
from labeling.services.training import next_practice, next_question, settle, start_test

EXPERTS = RESEARCHERS | {Role.REVIEWER}
PLACES_MAX = 9


class GoldItemIn(StrictSerializer):
    use = serializers.ChoiceField(GoldItem.Use.choices)
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.UUIDField(), max_length=PLACES_MAX),
        max_length=PLACES_MAX,
        allow_null=True,
        help_text="Ids of responses to one prompt, best first, ties together; null where none is "
        "acceptable.",
    )
    responses = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=PLACES_MAX,
        default=list,
        help_text="The responses, where tiers are null.",
    )
    explanation = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=EXPLANATION_MAX,
        help_text="Markdown; what a labeler reads after a practice item.",
    )


class GoldItemOut(serializers.ModelSerializer[GoldItem]):
    id = serializers.UUIDField(source="uid")
    tiers = serializers.SerializerMethodField()

    class Meta:
        model = GoldItem
        fields = ["id", "use", "tiers", "explanation", "created_at", "retired_at"]

    def get_tiers(self, item: GoldItem) -> list[list[str]] | None:
        if item.tiers is None:
            return None
        return [[self.context["uids"][response] for response in tier] for tier in item.tiers]


class TrainingOut(serializers.Serializer[Any]):
    state = serializers.ChoiceField(LabelerStanding.State.choices)
    may_work = serializers.BooleanField()
    reason = serializers.CharField(help_text="What a reviewer wrote of the state.")
    practised = serializers.IntegerField()
    practice_asked = serializers.IntegerField()
    practice_items = serializers.IntegerField()
    test_running = serializers.BooleanField()
    tries_used = serializers.IntegerField()
    tries_left = serializers.IntegerField()


def _uids(items: list[GoldItem]) -> dict[str, Any]:
    """What the items of a page name, by primary key."""
    named = [pk for item in items for tier in item.tiers or [] for pk in tier]
    uids = Message.objects.filter(pk__in=named).values_list("pk", "uid")
    return {"uids": {pk: str(uid) for pk, uid in uids}}


def _out(item: GoldItem) -> dict[str, Any]:
    return dict(GoldItemOut(item, context=_uids([item])).data)


class GoldItems(ProjectView):
    roles = {"GET": EXPERTS, "POST": EXPERTS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="gold_items", responses=GoldItemOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Items with a known answer, oldest first; retired ones too."""
        items = GoldItem.objects.filter(project=self.project)
        return self.page(items, GoldItemOut, context=_uids)

    @extend_schema(
        operation_id="create_gold_item", request=GoldItemIn, responses={201: GoldItemOut}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Store an expert's answer. From then on the responses are given to nobody as work; who
        has them on loan at that moment may still answer.
        """
        item = create_gold_item(project=self.project, **self.read(GoldItemIn))
        return Response(_out(item), status=201)


class GoldItemView(ObjectView):
    objects = GoldItem.objects.all()
    what = "item"
    found: GoldItem


class GoldItemDetail(GoldItemView):
    roles = {"GET": EXPERTS}

    @extend_schema(operation_id="gold_item", responses=GoldItemOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """One item with its known answer."""
        return Response(_out(self.found))


class RetireGoldItem(GoldItemView):
    roles = {"POST": EXPERTS}

    @extend_schema(operation_id="retire_gold_item", request=None, responses=GoldItemOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Give the item to nobody any more; answers to it stay."""
        retire_gold_item(item=self.found)
        self.found.refresh_from_db()
        return Response(_out(self.found))


class _TrainingView(ProjectView):
    permission_classes = [InProjectAsJudge]
    metered = False

    @property
    def labeler(self) -> Labeler:
        return labeler_of(user=self.user)


class Training(_TrainingView):
    judging = frozenset({"GET"})
    roles = {"GET": MEMBERS}

    @extend_schema(operation_id="training", responses=TrainingOut)
    def get(self, request: Request, slug: str) -> Response:
        """How far you are on the way to your first task."""
        settle(project=self.project, labeler=self.labeler)
        return Response(TrainingOut(progress_of(project=self.project, labeler=self.labeler)).data)


_ITEM = {200: ClaimOut, 204: OpenApiResponse(description="There is none left.")}


def _item(task: ClaimedTask | None) -> Response:
    return NothingYet() if task is None else Response(claim_out(task))


class Practice(_TrainingView):
    judging = frozenset({"POST"})
    roles = {"POST": MEMBERS}

    @extend_schema(operation_id="practise", request=None, responses=_ITEM)
    def post(self, request: Request, slug: str) -> Response:
        """The practice item before you, or the next. Submit it as any task."""
        return _item(next_practice(project=self.project, labeler=self.labeler))


class Test(_TrainingView):
    judging = frozenset({"POST"})
    roles = {"POST": MEMBERS}

    @extend_schema(operation_id="take_test", request=None, responses=_ITEM)
    def post(self, request: Request, slug: str) -> Response:
        """The next question of the test; 204 ends a try, and asking once more begins another."""
        running = progress_of(project=self.project, labeler=self.labeler).test_running
        if not running:
            start_test(project=self.project, labeler=self.labeler)
        question = next_question(project=self.project, labeler=self.labeler)
        if question is None:
            settle(project=self.project, labeler=self.labeler)
        return _item(question)
