"""Where a project's labelers stand, on what evidence, and how it was decided."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Labeler
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, Role
from api.views import ProjectView, StrictSerializer
from labeling.correspondence import labeler_named
from labeling.models import LabelerStanding
from labeling.people import Person, labelers_in, person_in, persons, steps_of
from labeling.services.deciding import decide
from labeling.services.standings import REASON_MAX

EXPERTS = RESEARCHERS | {Role.REVIEWER}


class StandingFilter(StrictSerializer):
    state = serializers.ChoiceField(LabelerStanding.State.choices, required=False)


class StandingIn(StrictSerializer):
    labeler = serializers.CharField(max_length=64, help_text="Their pseudonym.")
    state = serializers.ChoiceField(LabelerStanding.State.choices)
    reason = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=REASON_MAX,
        help_text="The labeler reads it. Needed for a warning, a pause and an exclusion.",
    )


class GoldOut(serializers.Serializer[Any]):
    """Answers to hidden items with a known answer; null where there is none yet."""

    right = serializers.FloatField(help_text="A tie against an order counts half.")
    n = serializers.IntegerField(source="total")
    accuracy = serializers.FloatField(source="share")
    lower = serializers.FloatField(help_text="Of the 95 % interval (Wilson's).")
    upper = serializers.FloatField()
    p = serializers.FloatField(
        help_text="The chance of so few right ones for somebody who just reaches the minimum."
    )


class StandingOut(serializers.Serializer[Any]):
    labeler = serializers.CharField(source="labeler.pseudonym")
    kind = serializers.ChoiceField(Labeler.Kind.choices, source="labeler.kind")
    state = serializers.SerializerMethodField()
    reason = serializers.CharField()
    changed_at = serializers.DateTimeField(allow_null=True)
    judgments = serializers.IntegerField()
    gold = serializers.SerializerMethodField()
    letters = serializers.IntegerField(help_text="Of theirs, not read by a reviewer yet.")
    appeal = serializers.BooleanField(help_text="Whether one of these is an appeal.")

    def get_state(self, person: Person) -> str | None:
        """Null for who has begun no training, nor was asked to."""
        return person.state or None

    @extend_schema_field(GoldOut(allow_null=True))
    def get_gold(self, person: Person) -> dict[str, Any] | None:
        return dict(GoldOut(person.checks).data) if person.checks.total else None


class StepOut(serializers.Serializer[Any]):
    before = serializers.CharField(source="change.before")
    after = serializers.CharField(source="change.after")
    reason = serializers.CharField(source="change.reason")
    evidence = serializers.DictField(source="change.evidence")
    by_person = serializers.BooleanField(help_text="False where a check of hidden items did it.")
    created_at = serializers.DateTimeField(source="change.created_at")


class StandingDetailOut(StandingOut):
    history = StepOut(many=True)


def _detail(view: ProjectView, labeler: Labeler) -> dict[str, Any]:
    person = person_in(project=view.project, labeler=labeler)
    steps = steps_of(project=view.project, labeler=labeler)
    return {**StandingOut(person).data, "history": StepOut(steps, many=True).data}


class Standings(ProjectView):
    roles = {"GET": EXPERTS, "POST": EXPERTS}
    filters = StandingFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="standings", parameters=[StandingFilter], responses=StandingOut(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's labelers, oldest first: their standing, and what it rests on."""
        found = labelers_in(project=self.project, **self.filtered)
        paginator = KeysetPagination()
        rows = persons(
            project=self.project, labelers=paginator.paginate_queryset(found, self.request)
        )
        return paginator.get_paginated_response(StandingOut(rows, many=True).data)

    @extend_schema(operation_id="set_standing", request=StandingIn, responses=StandingDetailOut)
    def post(self, request: Request, slug: str) -> Response:
        """Warn, pause or exclude a labeler, let them work (again), or grant one more try at the
        test (training). An exclusion leaves their judgments out of figures and datasets and owes
        them again; letting them work brings them back.
        """
        asked = self.read(StandingIn)
        labeler = labeler_named(project=self.project, pseudonym=asked.pop("labeler"))
        decide(project=self.project, labeler=labeler, decided_by=self.user, **asked)
        return Response(_detail(self, labeler))


class StandingDetail(ProjectView):
    roles = {"GET": EXPERTS}

    @extend_schema(operation_id="standing", responses=StandingDetailOut)
    def get(self, request: Request, slug: str, labeler: str) -> Response:
        """One labeler's standing, with its history, the newest step first."""
        found = labeler_named(project=self.project, pseudonym=labeler)
        return Response(_detail(self, found))
