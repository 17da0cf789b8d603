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


@dataclass(frozen=True, slots=True)
class Choice:
    """Comparisons in force of labelers who count, in the project.

    Of these `purposes`; of prompts tagged `tag` and written in `language` (`pt` is `pt-BR` too)
    where these are not empty; given at or after `since`, and at or before `until`.
    """

    project: Project
    purposes: Sequence[str] = PEOPLE
    tag: str = ""
    language: str = ""
    since: datetime | None = None
    until: datetime | None = None

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
        return "JOIN collector_message about ON about.id = c.prompt_id" if about else ""

    @property
    def where(self) -> str:
        """The condition on comparisons `c`."""
        return " AND ".join(
            [
                "c.project_id = %(project)s AND c.retired_at IS NULL",
                "c.purpose = ANY(%(purposes)s)",
                counted("c"),
                *(["about.meta -> 'tags' ? %(tag)s"] if self.tag else []),
                *(
                    ["(about.language = %(language)s OR about.language LIKE %(dialects)s)"]
                    if self.language
                    else []
                ),
                *(["c.created_at >= %(since)s"] if self.since else []),
                *(["c.created_at <= %(until)s"] if self.until else []),
            ]
        )


def _escaped(text: str) -> str:
    """Text that LIKE takes as it is."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
