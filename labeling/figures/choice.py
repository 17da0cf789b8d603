"""Which comparisons a figure is made of, as SQL conditions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.models import Project
from labeling.exclusions import counted

# What people said of their own accord: machine judges, hidden repeats, experts' decisions and
# minds changed by an opinion are looked at only where somebody asks for them.
PEOPLE = ("work", "imported", "simulated")


_TAGGED = "task.topics @> ARRAY[%(tag)s]::varchar[]"
_SPOKEN = "({0}.language = %(language)s OR {0}.language LIKE %(dialects)s)"


@dataclass(frozen=True, slots=True)
class Choice:
    """Comparisons in force of labelers who count, in the project.

    Of these `purposes`; of prompts tagged `tag` and written in `language` (`pt` is `pt-BR` too)
    where these are not empty; given at or after `since`, and at or before `until`. With
    `everyone`, those of excluded labelers too.
    """

    project: Project
    purposes: Sequence[str] = PEOPLE
    tag: str = ""
    language: str = ""
    since: datetime | None = None
    until: datetime | None = None
    everyone: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of every `%(name)s` in `joins` and `where`."""
        return {
            "project": self.project.pk,
            "purposes": list(self.purposes),
            "tag": self.tag,
            "language": self.language,
            "dialects": f"{_escaped(self.language)}-%",
            "since": self.since,
            "until": self.until,
        }

    @property
    def joins(self) -> str:
        """What has to be joined to comparisons `c` for `where`."""
        about = self.tag or self.language
        return "LEFT JOIN collector_message about ON about.id = c.prompt_id" if about else ""

    @property
    def where(self) -> str:
        """The condition on comparisons `c`."""
        return " AND ".join(
            [
                "c.project_id = %(project)s AND c.retired_at IS NULL",
                "c.purpose = ANY(%(purposes)s)",
                *([] if self.everyone else [counted("c")]),
                *([_about("about.meta -> 'tags' ? %(tag)s", _TAGGED)] if self.tag else []),
                *(
                    [_about(_SPOKEN.format("about"), _SPOKEN.format("task"))]
                    if self.language
                    else []
                ),
                *(["c.created_at >= %(since)s"] if self.since else []),
                *(["c.created_at <= %(until)s"] if self.until else []),
            ]
        )

    @property
    def judged(self) -> str:
        """The condition on judgments `judgment` of tasks `task`, those of excluded labelers too."""
        return " AND ".join(
            [
                "task.project_id = %(project)s AND judgment.retired_at IS NULL",
                "judgment.purpose = ANY(%(purposes)s)",
                *([_asked("about.meta -> 'tags' ? %(tag)s", _TAGGED)] if self.tag else []),
                *(
                    [_asked(_SPOKEN.format("about"), _SPOKEN.format("task"))]
                    if self.language
                    else []
                ),
                *(["judgment.created_at >= %(since)s"] if self.since else []),
                *(["judgment.created_at <= %(until)s"] if self.until else []),
            ]
        )


def _asked(of_prompt: str, of_task: str) -> str:
    """What holds of a task's prompt; of a task without one, of itself."""
    return f"""(EXISTS (
        SELECT FROM collector_message about WHERE about.id = task.prompt_id AND {of_prompt})
        OR task.prompt_id IS NULL AND {of_task})"""


def _about(of_prompt: str, of_task: str) -> str:
    """What holds of a comparison's prompt; of votes without texts, of their tasks."""
    return f"""({of_prompt} OR c.prompt_id IS NULL AND EXISTS (
        SELECT FROM labeling_judgment j JOIN labeling_task task ON task.id = j.task_id
        WHERE j.id = c.judgment_id AND {of_task}))"""


def _escaped(text: str) -> str:
    """Text that LIKE takes as it is."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
