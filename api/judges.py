"""Machine judges: set up, have them judge, see how far they are and how well they agree."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.jobs import JobOut, job
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Membership
from common.money import plain
from labeling.figures.judges import judges, minds_changed
from labeling.models import Judge
from labeling.services.judges import (
    cancel_judging,
    change_judge,
    create_judge,
    have_judged,
    judging_progress,
)

READERS = RESEARCHERS | {Membership.Role.REVIEWER}


class JudgeIn(StrictSerializer):
    name = serializers.CharField(max_length=100)
    generator = serializers.CharField(
        max_length=100, help_text="Its revision in force now is the judge's for good."
    )
    instructions = serializers.CharField(
        default="", allow_blank=True, max_length=20_000, help_text="What it is told besides."
    )
    both_orders = serializers.BooleanField(
        default=True, help_text="Ask about each task in an order and its reverse."
    )
    budget = serializers.DecimalField(
        max_digits=12,
        decimal_places=4,
        default=None,
        allow_null=True,
        help_text="US dollars; questions stop before it could be passed.",
    )


class JudgeChange(StrictSerializer):
    enabled = serializers.BooleanField(required=False)
    budget = serializers.DecimalField(
        max_digits=12,
        decimal_places=4,
        required=False,
        allow_null=True,
        help_text="US dollars; null is no limit.",
    )


class JudgeOut(serializers.ModelSerializer[Judge]):
    id = serializers.UUIDField(source="uid")
    generator = serializers.CharField(source="revision.generator.name")
    revision = serializers.IntegerField(source="revision.number")
    labeler = serializers.CharField(
        source="labeler.pseudonym", help_text="Who its judgments are by, a labeler of kind machine."
    )
    budget = serializers.SerializerMethodField()
    spent = serializers.SerializerMethodField(
        help_text="US dollars; what is being asked counts with the most it can cost."
    )

    class Meta:
        model = Judge
        fields = [
            *("id", "name", "generator", "revision", "labeler", "instructions", "both_orders"),
            *("enabled", "budget", "spent", "paused_reason", "created_at"),
        ]

    def get_budget(self, judge: Judge) -> str | None:
        return None if judge.budget is None else plain(judge.budget)

    def get_spent(self, judge: Judge) -> str:
        return plain(judge.spent)


class QuestionCounts(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    running = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class JudgingOut(JobOut):
    counts = QuestionCounts(help_text="Questions by state; a task has one for each order.")
    judgments = serializers.IntegerField()
    cost = serializers.CharField(help_text="US dollars so far.")
    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()


class JudgingIn(StrictSerializer):
    limit = serializers.IntegerField(
        default=None, allow_null=True, min_value=1, help_text="At most so many new tasks."
    )


def judging_out(request: Request, judge: Judge) -> Any:
    progress = judging_progress(judge=judge)
    shape = job(
        request,
        "judging",
        uid=judge.uid,
        status=progress["status"],
        progress=progress["share"],
        error=progress["error"],
    )
    return JudgingOut({**progress, **shape, "counts": progress}).data


class JudgeShareOut(serializers.Serializer[Any]):
    share = serializers.FloatField(allow_null=True, help_text="Null: not enough data.")
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class AgreementWithOut(serializers.Serializer[Any]):
    raw = JudgeShareOut()
    tie_discounted = serializers.FloatField(allow_null=True)


class JudgePositionOut(serializers.Serializer[Any]):
    consistency = JudgeShareOut(help_text="Pairs that both orders of showing order alike.")
    first = JudgeShareOut(help_text="Of decided pairs, those that the earlier shown one wins.")


class JudgeFiguresOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    generator = serializers.CharField()
    labeler = serializers.CharField()
    judgments = serializers.IntegerField()
    position = JudgePositionOut()
    texts = serializers.IntegerField(help_text="Pairs of texts that people judged too.")
    people = AgreementWithOut(help_text="With each person, on those texts.")
    between_people = AgreementWithOut(help_text="Of two people, on those texts.")


class MindsOut(serializers.Serializer[Any]):
    shown = serializers.IntegerField(help_text="Answers on which an opinion was looked at.")
    changed = JudgeShareOut()
    towards = serializers.IntegerField(help_text="Changes to what a judge says.")


class JudgesAgreementOut(serializers.Serializer[Any]):
    judges = JudgeFiguresOut(many=True)
    minds = MindsOut(help_text="What people said after having seen a judge's opinion.")


class JudgesAgreement(ProjectView):
    roles = {"GET": READERS}

    @extend_schema(operation_id="judges_agreement", responses=JudgesAgreementOut)
    def get(self, request: Request, slug: str) -> Response:
        """How consistent the judges are, and how well they agree with people."""
        found = {
            "judges": judges(project=self.project),
            "minds": minds_changed(project=self.project),
        }
        return Response(JudgesAgreementOut(found).data)


class Judges(ProjectView):
    roles = {"GET": READERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="judges", responses=JudgeOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The project's machine judges."""
        rows = Judge.objects.filter(project=self.project)
        return self.page(rows.select_related("revision__generator", "labeler"), JudgeOut)

    @extend_schema(operation_id="create_judge", request=JudgeIn, responses={201: JudgeOut})
    def post(self, request: Request, slug: str) -> Response:
        """Set a judge up. Nothing is asked before `POST judges/{id}/runs/`."""
        judge = create_judge(project=self.project, **self.read(JudgeIn))
        return Response(JudgeOut(judge).data, status=201)


class JudgeView(ObjectView):
    objects = Judge.objects.select_related("project", "revision__generator", "labeler")
    what = "judge"
    found: Judge


class JudgeDetail(JudgeView):
    roles = {"GET": READERS, "PATCH": RESEARCHERS}

    @extend_schema(operation_id="judge", responses=JudgeOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """A judge as it was set up, and what it has cost."""
        return Response(JudgeOut(self.found).data)

    @extend_schema(operation_id="change_judge", request=JudgeChange, responses=JudgeOut)
    def patch(self, request: Request, uid: UUID) -> Response:
        """Switch it on or off, or give it another budget; a paused judge goes on."""
        change_judge(judge=self.found, **self.read(JudgeChange))
        self.found.refresh_from_db()
        return Response(JudgeOut(self.found).data)


class Judging(JudgeView):
    roles = {"GET": READERS, "POST": RESEARCHERS}

    @extend_schema(operation_id="judging", responses=JudgingOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far the judge is with all that it was asked."""
        return Response(judging_out(request, self.found))

    @extend_schema(operation_id="have_judged", request=JudgingIn, responses={202: JudgingOut})
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask it about every task that it has not judged; what failed is asked again."""
        have_judged(judge=self.found, **self.read(JudgingIn))
        out = judging_out(request, self.found)
        return Response(out, status=202, headers={"Location": out["url"]})


class CancelJudging(JudgeView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="cancel_judging", request=None, responses=JudgingOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask nothing more of what is owed."""
        cancel_judging(judge=self.found)
        return Response(judging_out(request, self.found))
