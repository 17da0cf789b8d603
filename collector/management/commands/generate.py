"""`manage.py generate`: ask generators for responses to a project's prompts."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collector.generation.inline import work_run
from collector.management.projects import find_project
from collector.models import Run
from collector.services.estimates import estimate_run
from collector.services.run_progress import run_progress
from collector.services.runs import start_run, wait_for_run
from common.errors import DomainError
from common.progress import progress_bar

_STOPPED = (Run.Status.FAILED, Run.Status.CANCELLED, Run.Status.PAUSED)


class Command(BaseCommand):
    """Starts a run; follows it on --wait, or works it itself on --inline."""

    help = "Ask generators for responses to a project's prompts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument(
            *("--generator", "-g"),
            action="append",
            required=True,
            metavar="NAME",
            help="a generator to ask; may be given several times",
        )
        parser.add_argument("--samples", type=int, default=1, help="responses a prompt (default 1)")
        parser.add_argument("--source", help="only prompts of this source (name or id)")
        parser.add_argument("--language", help="only prompts of this language")
        parser.add_argument("--tag", help="only prompts with this tag")
        parser.add_argument(
            "--missing",
            type=int,
            nargs="?",
            const=1,
            metavar="N",
            help="only prompts to which the generator has fewer than N responses (default 1)",
        )
        parser.add_argument("--limit", type=int, help="at most so many prompts")
        parser.add_argument("--budget", help="pause before this many US dollars are passed")
        parser.add_argument(
            "--estimate", action="store_true", help="tell what it would ask and cost; start nothing"
        )
        parser.add_argument("--wait", action="store_true", help="until workers have finished it")
        parser.add_argument(
            "--inline", action="store_true", help="do the work here, without a worker"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asked = _asked(options)
            if options["estimate"]:
                self._foresee(estimate_run(**asked), as_json=options["json"])
                return
            run = start_run(**asked, budget=options["budget"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self._report(run, self._followed(run, options), as_json=options["json"])

    def _followed(self, run: Run, options: dict[str, Any]) -> dict[str, Any]:
        """The run's last progress; that of now where nobody waits for it."""
        if not (options["inline"] or options["wait"]):
            return run_progress(run=run)
        with progress_bar(self.stderr, "Responses", quiet=options["json"]) as show:

            def follow(now: dict[str, Any]) -> None:
                done = now["succeeded"] + now["failed"] + now["cancelled"]
                show(done, words=_line(now), total=now["total"])

            if options["inline"]:
                return work_run(run=run, on_progress=follow)
            return wait_for_run(run=run, on_progress=follow)

    def _foresee(self, found: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found))
            return
        for name, each in found["generators"].items():
            cost = each["cost"]
            self.stdout.write(
                f"{name}: {each['requests']} requests ({each['there']} there already), "
                f"{'' if each['exact'] else 'about '}{each['input_tokens']} tokens to read, "
                f"about {each['output_tokens']['likely']} to be written, "
                + (_range(cost) if cost else "no prices")
            )
        self.stdout.write(f"Together: {_range(found['cost'])}")

    def _report(self, run: Run, progress: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"id": str(run.uid), **progress}))
        else:
            self.stdout.write(f"Run {run.uid} {progress['status']}: {_line(progress)}")
        if progress["status"] in _STOPPED:
            raise CommandError(progress["error"] or f"The run is {progress['status']}.")


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    wanted = {
        name: options[name]
        for name in ("source", "language", "tag", "missing", "limit")
        if options[name] is not None
    }
    return {
        "project": find_project(options["project"]),
        "generators": options["generator"],
        "samples": options["samples"],
        "prompts": wanted or "all",
    }


def _range(cost: dict[str, Any]) -> str:
    most = "without a bound" if cost["at_most"] is None else f"at most ${cost['at_most']}"
    return f"likely ${cost['likely']}, {most}"


def _line(progress: dict[str, Any]) -> str:
    return (
        f"{progress['succeeded']} of {progress['total']} responses, {progress['failed']} failed, "
        f"${progress['cost']}"
    )
