"""Runs: estimated, started, watched, paused, resumed, retried and cancelled."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.budgets import BudgetOut
from api.jobs import JobOut, job
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Run
from collector.services.estimates import estimate_run
from collector.services.run_errors import causes, errors_of
from collector.services.run_progress import run_progress
from collector.services.run_retries import retry_run
from collector.services.runs import cancel_run, pause_run, resume_run, start_run
from common.money import plain


class BudgetIn(StrictSerializer):
    budget = serializers.DecimalField(
        max_digits=12,
        decimal_places=6,
        default=None,
        allow_null=True,
        help_text="US dollars; requests stop before it could be passed.",
    )


class PlanIn(StrictSerializer):
    generators = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100)
    samples = serializers.IntegerField(default=1)
    prompts = serializers.JSONField(
        required=False,
        help_text='"all", or a filter: {"source", "language", "tag", "ids", "missing", "limit"}.',
    )


class RunIn(PlanIn, BudgetIn):
    pass


class TokensOut(serializers.Serializer[Any]):
    low = serializers.IntegerField()
    likely = serializers.IntegerField()
    at_most = serializers.IntegerField(
        allow_null=True, help_text="Null where no max_tokens bounds it."
    )


class CostOut(serializers.Serializer[Any]):
    low = serializers.CharField()
    likely = serializers.CharField()
    at_most = serializers.CharField(allow_null=True)


class ForeseenOut(serializers.Serializer[Any]):
    requests = serializers.IntegerField(help_text="Those to be sent: what is new, and `again`.")
    there = serializers.IntegerField(help_text="Answered already, so not asked for.")
    waiting = serializers.IntegerField(help_text="Owed by a run that has not ended.")
    again = serializers.IntegerField(help_text="Failed or cancelled before.")
    input_tokens = serializers.IntegerField()
    output_tokens = TokensOut()
    cost = CostOut(help_text="US dollars; retries are not foreseen.")


class ForeseenOfGenerator(ForeseenOut):
    prompts = serializers.IntegerField()
    cost = CostOut(allow_null=True, help_text="Null: the generator has no prices.")
    exact = serializers.BooleanField(
        help_text="All input was counted with the model's own tokenizer."
    )
    refused = serializers.IntegerField(help_text="Over the model's window: never sent.")
    output_from = serializers.CharField(
        help_text="What output_tokens go by: this generator, other generators, a guess, recorded."
    )


class EstimateOut(ForeseenOut):
    unpriced = serializers.ListField(
        child=serializers.CharField(), help_text="Generators whose cost is not in the sum."
    )
    generators = serializers.DictField(child=ForeseenOfGenerator())
    budgets = BudgetOut(many=True, help_text="What bounds every run of the project.")


class CountsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    running = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class PaceOut(serializers.Serializer[Any]):
    cost = serializers.CharField(help_text="US dollars so far.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    per_minute = serializers.FloatField(
        allow_null=True, help_text="Succeeded or failed in the last two minutes."
    )
    seconds_left = serializers.IntegerField(allow_null=True, help_text="At that rate.")


class RunGeneratorOut(CountsOut, PaceOut):
    paused = serializers.CharField(
        allow_blank=True, help_text="Why nobody asks the generator; empty while it is asked."
    )


class RunOut(JobOut, PaceOut):
    counts = CountsOut(help_text="Generations by state.")
    generators = serializers.DictField(child=RunGeneratorOut(), help_text="The same by generator.")
    samples = serializers.IntegerField()
    prompts = serializers.JSONField()
    budget = serializers.CharField(allow_null=True)
    estimate = serializers.JSONField(help_text="What was foreseen at the start.")
    started_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def run_out(request: Request, run: Run) -> Any:
    progress = run_progress(run=run)
    shape = job(
        request,
        "run",
        uid=run.uid,
        status=progress["status"],
        progress=progress["share"],
        error=progress["error"],
    )
    names = ("samples", "prompts", "budget", "estimate", "started_at", "paused_at", "finished_at")
    kept = {name: getattr(run, name) for name in names}
    return RunOut({**progress, **shape, **kept, "counts": progress}).data


class RunListed(serializers.ModelSerializer[Run]):
    id = serializers.UUIDField(source="uid")
    generators = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = [
            *("id", "status", "error", "generators", "samples", "prompts", "budget", "cost"),
            *("created_at", "started_at", "paused_at", "finished_at"),
        ]

    def get_generators(self, run: Run) -> list[str]:
        return sorted({revision.generator.name for revision in run.revisions.all()})

    def get_cost(self, run: Run) -> str:
        return plain(run.spent)


class Runs(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="runs", responses=RunListed(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The project's runs."""
        rows = Run.objects.filter(project=self.project)
        return self.page(rows.prefetch_related("revisions__generator"), RunListed)

    @extend_schema(operation_id="start_run", request=RunIn, responses={202: RunOut})
    def post(self, request: Request, slug: str) -> Response:
        """Ask generators for responses; what was asked for before is not paid for again."""
        run = start_run(project=self.project, user=self.user, **self.read(RunIn))
        out = run_out(request, run)
        return Response(out, status=202, headers={"Location": out["url"]})


class EstimateRun(ProjectView):
    reading = frozenset({"POST"})
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="estimate_run", request=PlanIn, responses=EstimateOut)
    def post(self, request: Request, slug: str) -> Response:
        """What a run with this body would ask and cost. Nothing is started."""
        found = estimate_run(project=self.project, **self.read(PlanIn))
        return Response(EstimateOut(found).data)


class RunView(ObjectView):
    objects = Run.objects.all()
    what = "run"
    found: Run


class RunDetail(RunView):
    roles = {"GET": RESEARCHERS}

    @extend_schema(operation_id="run", responses=RunOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far a run is, by generator, how fast it goes, and what it has cost."""
        return Response(run_out(request, self.found))


class PauseRun(RunView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="pause_run", request=None, responses=RunOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask nothing more until it is resumed. A run that has ended stays as it is."""
        return Response(run_out(request, pause_run(run=self.found)))


class ResumeRun(RunView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="resume_run", request=BudgetIn, responses=RunOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask on where a paused run stopped, with another budget if one is given."""
        run = resume_run(run=self.found, **self.read(BudgetIn))
        return Response(run_out(request, run))


class CancelRun(RunView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="cancel_run", request=None, responses=RunOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask nothing more. Cancelling a run that has ended changes nothing."""
        return Response(run_out(request, cancel_run(run=self.found)))


class RetryRun(RunView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="retry_run", request=None, responses=RunOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask again for what failed, with the same revisions, within the same budget.

        Also of a run that has ended; where nothing has failed nothing changes. 409 for a cancelled
        run.
        """
        return Response(run_out(request, retry_run(run=self.found)))


class RunErrorOut(serializers.Serializer[Any]):
    """Failures that differ in ids and numbers at most."""

    generator = serializers.CharField()
    cause = serializers.ChoiceField(causes())
    error = serializers.CharField(help_text="One of them, as the server or the worker said it.")
    count = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Given up.")
    retrying = serializers.IntegerField(help_text="Owed yet, so asked again.")
    advice = serializers.CharField(help_text="What to do about them.")


class RunErrorsOut(serializers.Serializer[Any]):
    results = RunErrorOut(many=True)


class RunErrors(RunView):
    roles = {"GET": RESEARCHERS}

    @extend_schema(operation_id="run_errors", responses=RunErrorsOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """What went wrong in a run, the most frequent first, at most 20 groups.

        Where more than 5,000 failed or wait, the counts are of 5,000 of them.
        """
        return Response(RunErrorsOut({"results": errors_of(run=self.found)}).data)
