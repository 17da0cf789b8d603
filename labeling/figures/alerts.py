"""What somebody should do something about in a project, the most urgent first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collector.models import Project, Run
from labeling.figures.falling import fall
from labeling.figures.simulated import simulated_in
from labeling.templatetags.figures import thousands

Body = Mapping[str, Any]

URGENT, WARNING, HINT = "urgent", "warning", "hint"
_ORDER = {URGENT: 0, WARNING: 1, HINT: 2}
COUNTED = 1_000
NAMES = 3  # of paused generators

_WAITING = """
SELECT
    EXISTS (SELECT FROM labeling_policyversion WHERE project_id = %(project)s),
    EXISTS (SELECT FROM labeling_guidelineversion WHERE project_id = %(project)s),
    EXISTS (SELECT FROM collector_membership WHERE project_id = %(project)s AND role = 'labeler'),
    (SELECT count(*) FROM labeling_letter
     WHERE project_id = %(project)s AND kind = 'appeal' AND from_labeler AND read_at IS NULL),
    (SELECT count(*) FROM (SELECT FROM labeling_adjudication
        WHERE project_id = %(project)s AND state = 'open' LIMIT %(most)s) AS open),
    (SELECT count(*) FROM labeling_judge
     WHERE project_id = %(project)s AND enabled AND paused_reason <> ''),
    ARRAY(SELECT DISTINCT g.name FROM collector_run r
          JOIN collector_run_revisions m ON m.run_id = r.id
          JOIN collector_generatorrevision v ON v.id = m.generatorrevision_id
          JOIN collector_generator g ON g.id = v.generator_id
          WHERE r.project_id = %(project)s AND r.status IN ('queued', 'running', 'paused')
            AND g.paused_at IS NOT NULL ORDER BY g.name)::text[],
    (SELECT count(*) FROM collector_importjob i JOIN collector_source s ON s.id = i.source_id
     WHERE s.project_id = %(project)s AND i.status = 'failed' AND i.created_at > %(since)s)
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What alerts are made of; bodies as the overview shows them."""

    project: Project
    now: datetime
    counts: Body
    people: Body
    queue: Body
    agreement: Body
    budgets: Sequence[Body]
    runs: Sequence[Run]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to act on: `message` says what is the matter, `advice` what to do about it.

    `address` is the page (a path) where that is done; empty where none of ours is.
    """

    code: str
    severity: str
    message: str
    advice: str
    address: str = ""

    @property
    def told(self) -> dict[str, str]:
        """As the API answers it."""
        names = ("code", "severity", "message", "advice", "address")
        return {name: str(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class _Waiting:
    policy: bool
    guidelines: bool
    labelers: bool
    appeals: int
    adjudications: int
    judges: int
    generators: list[str]
    imports: int


def alerts_of(facts: Facts) -> list[Alert]:
    """Every alert of the project, urgent ones first. One query."""
    waiting = _read(facts)
    found = [
        *_of_money(facts),
        *_of_models(facts, waiting),
        *_of_people(facts, waiting),
        *_of_work(facts, waiting),
        *_of_agreement(facts, waiting),
    ]
    return sorted(found, key=lambda alert: _ORDER[alert.severity])


def _read(facts: Facts) -> _Waiting:
    values: dict[str, Any] = {
        "project": facts.project.pk,
        "most": COUNTED,
        "since": facts.now - timedelta(days=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        return _Waiting(*cursor.fetchone())


def _page(name: str, facts: Facts) -> str:
    return reverse(name, args=[facts.project.slug])


def _of_money(facts: Facts) -> Iterator[Alert]:
    of = {
        "project": _("the project's budget"),
        "project_month": _("this month's budget"),
    }
    for budget in facts.budgets:
        if not budget["near"]:
            continue
        words = {
            "budget": of[budget["name"]],
            "limit": budget["limit"],
            "left": f"{float(budget['left']):.2f}",
        }
        spent = float(budget["left"]) == 0
        yield Alert(
            "budget_spent" if spent else "budget_near",
            URGENT if spent else WARNING,
            _("Of %(budget)s of $%(limit)s, $%(left)s are left.") % words,
            _("Raise the budget, or let the runs pause when it is spent."),
            _page("admin:settings", facts),
        )


def _of_models(facts: Facts, waiting: _Waiting) -> Iterator[Alert]:
    for run in facts.runs:
        if run.status == Run.Status.PAUSED:
            yield Alert(
                "run_paused",
                WARNING,
                run.error or _("A run is paused."),
                _("Resume the run or cancel it."),
                _page("admin:runs", facts),
            )
    if waiting.generators:
        names = ", ".join(waiting.generators[:NAMES])
        yield Alert(
            "generators_paused",
            URGENT,
            _("Paused after too many failures: %(names)s.") % {"names": names},
            _("See what their servers answer, then let them go on."),
            _page("admin:generators", facts),
        )
    if waiting.judges:
        yield Alert(
            "judges_paused",
            WARNING,
            ngettext("%(n)d judge is paused.", "%(n)d judges are paused.", waiting.judges)
            % {"n": waiting.judges},
            _("Read why, then raise the judge's budget or turn it off."),
        )
    if waiting.imports:
        yield Alert(
            "imports_failed",
            WARNING,
            ngettext(
                "%(n)d import failed within the last day.",
                "%(n)d imports failed within the last day.",
                waiting.imports,
            )
            % {"n": waiting.imports},
            _("Read the job's report, mend the file and import it again."),
            _page("admin:prompts", facts),
        )


def _of_people(facts: Facts, waiting: _Waiting) -> Iterator[Alert]:
    if waiting.appeals:
        yield Alert(
            "appeals_waiting",
            URGENT,
            ngettext("%(n)d appeal is unread.", "%(n)d appeals are unread.", waiting.appeals)
            % {"n": waiting.appeals},
            _("Somebody asks for a decision: a reviewer reads the letter and answers."),
            _page("admin:people", facts),
        )
    if not waiting.labelers:
        yield _of_nobody(facts)
    elif facts.queue["open"] and not facts.people["online"]:
        idle = not facts.people["today"]
        yield Alert(
            "nobody_online",
            WARNING if idle else HINT,
            _("Tasks wait, and nobody judged today.")
            if idle
            else _("Tasks wait, and nobody is working right now."),
            _("Tell your labelers that there is work."),
            _page("labelers", facts),
        )


def _of_nobody(facts: Facts) -> Alert:
    """Nobody is a labeler: whatever was said so far was made up by a program, if by anybody."""
    judged = facts.counts["judgments"]  # none yet in most cases, and nothing to be asked
    if judged and (simulated := simulated_in(project=facts.project).count):
        said = ngettext(
            "%(number)s judgment here is simulated: a program made it, not a person.",
            "%(number)s judgments here are simulated: a program made them, not people.",
            simulated,
        )
        return Alert(
            "only_simulated",
            HINT,
            said % {"number": thousands(simulated)},
            _("Invite people to label."),
            _page("admin:people", facts),
        )
    return Alert(
        "no_labelers",
        WARNING,
        _("Nobody is a labeler here yet."),
        _("Invite people to label."),
        _page("admin:people", facts),
    )


def _of_work(facts: Facts, waiting: _Waiting) -> Iterator[Alert]:
    """What keeps tasks from being made: only the first of these steps is told of."""
    if not facts.counts["prompts"]:
        if not facts.counts["judgments"]:
            yield Alert(
                "no_prompts",
                HINT,
                _("There are no prompts."),
                _("Import some."),
                _page("admin:new-import", facts),
            )
    elif not facts.counts["responses"]:
        yield Alert(
            "no_responses",
            HINT,
            _("No prompt has a response."),
            _("Import responses, or start a run."),
            _page("admin:runs", facts),
        )
    elif not waiting.policy:
        yield Alert(
            "no_policy",
            WARNING,
            _("Nothing says how responses are judged."),
            _("Set a policy: how many responses a task shows, and what is asked."),
            _page("admin:settings-policy", facts),
        )
    elif not facts.queue["open"] and not facts.queue["leased"]:
        yield _of_idleness(facts)
    if waiting.policy and not waiting.guidelines:
        yield Alert(
            "no_guidelines",
            HINT,
            _("There are no guidelines."),
            _("Write down what makes a response better: people agree more."),
            _page("admin:settings-guidelines", facts),
        )


def _of_idleness(facts: Facts) -> Alert:
    """No task is open: there was none yet, or all are done, and what was said may be used."""
    if facts.counts.get("tasks") and facts.counts["judgments"]:
        return Alert(
            "all_done",
            HINT,
            _("No task is open."),
            _("Once there are judgments: choose a format, look at samples, freeze a version."),
            _page("admin:datasets", facts),
        )
    return Alert(
        "queue_empty",
        HINT,
        _("No task is open."),
        _("Build tasks, or add prompts and responses for more of them."),
        _page("admin:tasks", facts),
    )


def _of_agreement(facts: Facts, waiting: _Waiting) -> Iterator[Alert]:
    if waiting.adjudications:
        n = waiting.adjudications
        yield Alert(
            "adjudications_waiting",
            HINT,
            ngettext(
                "%(n)d disagreement waits for an expert.",
                "%(n)d disagreements wait for an expert.",
                n,
            )
            % {"n": n},
            _("A reviewer decides it, or mends the guidelines."),
            _page("quality", facts),
        )
    trend, raw = facts.agreement["trend"], facts.agreement["raw"]
    if fell := fall(now=facts.now, raw=raw, trend=trend):
        before, now = fell
        yield Alert(
            "agreement_falling",
            WARNING,
            _("Agreement fell from %(before).0f%% to %(now).0f%%.")
            % {"before": 100 * before, "now": 100 * now},
            _("Look at who disagrees, and at what the guidelines leave open."),
            _page("quality", facts),
        )
