"""The tasks of a project: building them, looking at them, and taking them back."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.jobs import JobOut, job
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from labeling.figures.queue import UNCOUNTED, forget_queue, queue_of
from labeling.models import Task, TaskJob
from labeling.services.building import build_tasks
from labeling.services.task_jobs import cancel_task_job, start_build, start_withdrawal
from labeling.services.withdrawing_tasks import withdraw_task
from labeling.task_list import Detail, Listed, Wish, detail_of, listed, tasks_of


class BuiltOut(serializers.Serializer[Any]):
    tasks = serializers.IntegerField()
    slots = serializers.IntegerField()


class BuildIn(StrictSerializer):
    background = serializers.BooleanField(
        default=False, help_text="Leave it to a worker, and answer 202 with the job at once."
    )


class TasksQuery(StrictSerializer):
    state = serializers.ChoiceField(Task.State.choices, required=False)
    min_disagreement = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="0: all the same; 1: evenly split."
    )


class ReadyOut(serializers.Serializer[Any]):
    prompts = serializers.IntegerField(help_text="With enough responses that no task compares.")
    tasks = serializers.IntegerField(help_text="That building would make of them.")
    slots = serializers.IntegerField(help_text="Judgments that these would owe.")
    short = serializers.IntegerField(help_text="Prompts with too few unused responses.")


class TaskCountsOut(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    complete = serializers.IntegerField()
    void = serializers.IntegerField()


class SlotCountsOut(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    leased = serializers.IntegerField()
    expired = serializers.IntegerField(help_text="Lent, and not given back in time.")


class BandOut(serializers.Serializer[Any]):
    band = serializers.IntegerField(help_text="Lower ones are served first.")
    slots = serializers.IntegerField()


class TaskQueueOut(serializers.Serializer[Any]):
    ready = ReadyOut(allow_null=True, help_text="Null until a worker has counted, as those below.")
    tasks = TaskCountsOut(allow_null=True)
    slots = SlotCountsOut(allow_null=True)
    bands = BandOut(many=True)
    oldest = serializers.DateTimeField(allow_null=True, help_text="When the oldest was made.")
    as_of = serializers.DateTimeField(allow_null=True, help_text="Counts are kept for a while.")
    stale = serializers.BooleanField(help_text="A worker is counting: ask again a little later.")


class TaskRow(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="task.uid")
    kind = serializers.CharField(source="task.kind")
    state = serializers.ChoiceField(Task.State.choices, source="task.state")
    prompt = serializers.UUIDField(source="task.prompt.uid", allow_null=True, default=None)
    band = serializers.IntegerField(source="task.band")
    disagreement = serializers.FloatField(source="task.disagreement", allow_null=True)
    slots = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many are in which state."
    )
    created_at = serializers.DateTimeField(source="task.created_at")


class ComparedOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    message = serializers.UUIDField(source="response.uid")
    author = serializers.CharField()


class TaskVoteOut(serializers.Serializer[Any]):
    judgment = serializers.UUIDField(source="judgment.uid")
    labeler = serializers.CharField(source="judgment.labeler.pseudonym")
    purpose = serializers.CharField(source="judgment.purpose")
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Responses by their numbers, best first.",
    )
    created_at = serializers.DateTimeField(source="judgment.created_at")


class TaskOut(TaskRow):
    responses = ComparedOut(many=True)
    judgments = TaskVoteOut(many=True)


class TaskJobOut(JobOut):
    action = serializers.ChoiceField(TaskJob.Kind.choices)
    tasks = serializers.IntegerField(help_text="Made, or taken back, so far.")
    slots = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="Open tasks left because somebody has begun them.")


def task_job_out(request: Request, found: TaskJob) -> Any:
    told = job(
        request,
        "task-job",
        uid=found.uid,
        status=found.status,
        progress=found.progress,
        error=found.error,
    )
    done = {"tasks": found.tasks, "slots": found.slots, "kept": found.kept}
    return TaskJobOut(told | {"action": found.kind} | done).data


class Tasks(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination
    filters = TasksQuery

    @extend_schema(operation_id="tasks", parameters=[TasksQuery], responses=TaskRow(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The project's tasks; hidden checks are none."""
        wish = Wish(
            state=self.filtered.get("state", ""),
            disagreement=self.filtered.get("min_disagreement"),
        )
        found: QuerySet[Task] = tasks_of(project=self.project, wish=wish)
        paginator = KeysetPagination()
        rows = listed(paginator.paginate_queryset(found, request))
        return paginator.get_paginated_response(TaskRow(rows, many=True).data)

    @extend_schema(
        operation_id="build_tasks",
        parameters=[],
        request=BuildIn,
        responses={200: BuiltOut, 202: TaskJobOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make tasks of every prompt that has enough responses; twice makes none twice."""
        if self.read(BuildIn)["background"]:
            started = start_build(project=self.project, user=self.user)
            return Response(task_job_out(request, started), status=202)
        built = build_tasks(project=self.project)
        forget_queue(project=self.project)
        return Response({"tasks": built.tasks, "slots": built.slots})


class Queue(ProjectView):
    roles = {"GET": RESEARCHERS}

    @extend_schema(operation_id="queue", responses=TaskQueueOut)
    def get(self, request: Request, slug: str) -> Response:
        """What could be built into tasks, and what waits to be judged."""
        return Response(TaskQueueOut(queue_of(project=self.project) or UNCOUNTED).data)


class WithdrawTasks(ProjectView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="withdraw_tasks", request=None, responses={202: TaskJobOut})
    def post(self, request: Request, slug: str) -> Response:
        """Take back all open tasks that nobody has begun, as a job. Building makes them again."""
        started = start_withdrawal(project=self.project, user=self.user)
        return Response(task_job_out(request, started), status=202)


class TaskView(ObjectView):
    roles = {"GET": RESEARCHERS}
    objects = Task.objects.filter(repeats__isnull=True).select_related("prompt")
    what = "task"
    found: Task


class TaskDetail(TaskView):
    @extend_schema(operation_id="task", responses=TaskOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """One task: what it compares, by whom, and the judgments that stand."""
        row: Listed = listed([self.found])[0]
        detail: Detail = detail_of(task=self.found)
        more = {
            "responses": ComparedOut(detail.compared, many=True).data,
            "judgments": TaskVoteOut(detail.votes, many=True).data,
        }
        return Response(dict(TaskRow(row).data) | more)


class WithdrawTask(TaskView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="withdraw_task", request=None, responses={204: None})
    def post(self, request: Request, uid: UUID) -> Response:
        """Take one task back. 409 if somebody has begun it."""
        withdraw_task(task=self.found)
        forget_queue(project=self.project)
        return Response(status=204)


class TaskJobView(ObjectView):
    roles = {"GET": RESEARCHERS}
    objects = TaskJob.objects.all()
    what = "job"
    found: TaskJob


class TaskJobDetail(TaskJobView):
    @extend_schema(operation_id="task_job", responses=TaskJobOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """How far the making or taking back of tasks is."""
        return Response(task_job_out(request, self.found))


class CancelTaskJob(TaskJobView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="cancel_task_job", request=None, responses=TaskJobOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Stop it; what is done stays. 409 if it has ended already."""
        cancel_task_job(job=self.found)
        self.found.refresh_from_db()
        return Response(task_job_out(request, self.found))


class UndoBuild(TaskJobView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="undo_build", request=None, responses={202: TaskJobOut})
    def post(self, request: Request, uid: UUID) -> Response:
        """Take back what a build made, as far as nobody has begun it."""
        started = start_withdrawal(project=self.project, build=self.found, user=self.user)
        return Response(task_job_out(request, started), status=202)
