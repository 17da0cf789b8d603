"""`manage.py judge`: have a model judge a project's tasks."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collector.management.projects import find_project
from collector.models import Project
from common.errors import DomainError
from common.progress import progress_bar
from labeling.models import Judge
from labeling.services.judges import (
    create_judge,
    have_judged,
    judging_progress,
    wait_for_judge,
    work_judge,
)

_STOPPED = ("failed", "cancelled", "paused")


class Command(BaseCommand):
    """Owes a judge's verdicts; follows them on --wait, or asks for them itself on --inline."""

    help = "Have a model judge the tasks of a project that it has not judged yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("--judge", required=True, metavar="NAME", help="the judge's name")
        parser.add_argument(
            "--generator", "-g", metavar="NAME", help="set the judge up with this model, if need be"
        )
        parser.add_argument(
            "--instructions", default="", help="what a judge that is set up is told besides"
        )
        parser.add_argument(
            "--one-order", action="store_true", help="ask a judge that is set up in one order only"
        )
        parser.add_argument("--budget", help="pause before this many US dollars are passed")
        parser.add_argument("--limit", type=int, help="at most so many new tasks")
        parser.add_argument("--wait", action="store_true", help="until workers have finished it")
        parser.add_argument(
            "--inline", action="store_true", help="do the work here, without a worker"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        try:
            judge = _judge(project, options)
            have_judged(judge=judge, limit=options["limit"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self._report(judge, self._followed(judge, options), as_json=options["json"])

    def _followed(self, judge: Judge, options: dict[str, Any]) -> dict[str, Any]:
        """The judge's last progress; that of now where nobody waits for it."""
        if not (options["inline"] or options["wait"]):
            return judging_progress(judge=judge)
        with progress_bar(self.stderr, "Questions", quiet=options["json"]) as show:

            def follow(now: dict[str, Any]) -> None:
                done = now["succeeded"] + now["failed"]
                show(done, words=_line(now), total=now["total"])

            if options["inline"]:
                return work_judge(judge=judge, on_progress=follow)
            return wait_for_judge(judge=judge, on_progress=follow)

    def _report(self, judge: Judge, progress: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"id": str(judge.uid), **progress}))
        else:
            self.stdout.write(f"Judge {judge.name} {progress['status']}: {_line(progress)}")
        if progress["status"] in _STOPPED:
            raise CommandError(progress["error"] or f"The judge is {progress['status']}.")


def _judge(project: Project, options: dict[str, Any]) -> Judge:
    found = Judge.objects.filter(project=project, name=options["judge"]).first()
    if found is not None:
        return found
    if not options["generator"]:
        known = ", ".join(project.judges.order_by("name").values_list("name", flat=True)) or "–"
        raise CommandError(
            f"There is no judge “{options['judge']}” (there are: {known}). "
            "Give --generator to set it up."
        )
    return create_judge(
        project=project,
        name=options["judge"],
        generator=options["generator"],
        instructions=options["instructions"],
        both_orders=not options["one_order"],
        budget=options["budget"],
    )


def _line(progress: dict[str, Any]) -> str:
    return (
        f"{progress['succeeded']} of {progress['total']} questions answered, "
        f"{progress['failed']} failed, {progress['judgments']} judgments, ${progress['cost']}"
    )
