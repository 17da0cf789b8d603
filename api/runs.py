"""Runs: `POST /projects/{slug}/runs/`, `GET /runs/{id}/` and `POST /runs/{id}/cancel/`."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.jobs import JobOut, job
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Run
from collector.services.runs import cancel_run, run_progress, start_run


class RunIn(StrictSerializer):
    generators = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100)
    samples = serializers.IntegerField(default=1)
    prompts = serializers.JSONField(
        required=False, help_text='"all", or a filter: {"source", "language", "missing", "limit"}.'
    )
    budget = serializers.DecimalField(
        max_digits=12,
        decimal_places=6,
        default=None,
        allow_null=True,
        help_text="US dollars; requests stop before it could be passed.",
    )


class CountsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    running = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class RunOut(JobOut):
    counts = CountsOut(help_text="Generations by state.")
    generators = serializers.DictField(child=CountsOut(), help_text="The same by generator.")
    samples = serializers.IntegerField()
    prompts = serializers.JSONField()
    budget = serializers.CharField(allow_null=True)
    cost = serializers.CharField(help_text="US dollars so far.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()


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
    asked = {"samples": run.samples, "prompts": run.prompts, "budget": run.budget}
    return RunOut({**progress, **shape, **asked, "counts": progress}).data


class Runs(ProjectView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="start_run", request=RunIn, responses={202: RunOut})
    def post(self, request: Request, slug: str) -> Response:
        """Ask generators for responses; what was asked for before is not paid for again."""
        run = start_run(project=self.project, user=self.user, **self.read(RunIn))
        out = run_out(request, run)
        return Response(out, status=202, headers={"Location": out["url"]})


class RunDetail(ObjectView):
    roles = {"GET": RESEARCHERS}
    objects = Run.objects.all()
    what = "run"
    found: Run

    @extend_schema(operation_id="run", responses=RunOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far a run is, by generator, and what it has cost."""
        return Response(run_out(request, self.found))


class CancelRun(ObjectView):
    roles = {"POST": RESEARCHERS}
    objects = Run.objects.all()
    what = "run"
    found: Run

    @extend_schema(operation_id="cancel_run", request=None, responses=RunOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask nothing more. Cancelling a run that has ended changes nothing."""
        return Response(run_out(request, cancel_run(run=self.found)))
