"""A claimed task as the compare page shows it: rendered, and naming responses by place only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import ContentCategory
from collector.models import Project
from common.errors import NotFound
from labeling.models import Slot
from labeling.pages.asking import Group, Sheet, sheet_for
from labeling.pages.forms import SEPARATORS
from labeling.services.claiming import ClaimedTask, Shown
from labeling.texts.rendering import Budget, plain_snippet, render_markdown, render_traced


@dataclass(frozen=True)
class Turn:
    """One message of the conversation above the responses."""

    role: str
    html: SafeString
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Response:
    """A response in its place, with what is asked of it alone.

    `source` is the text as it was served, as JSON: a line feed in an attribute would not survive.
    `origins` says where in it each shown character stands, if text is to be marked.
    """

    place: str
    html: SafeString
    snippet: str
    source: str
    groups: tuple[Group, ...]
    warnings: list[str] = field(default_factory=list)
    origins: list[int] | None = None


@dataclass(frozen=True)
class Desk:
    """Everything the page shows of a task. `typed` holds an answer that was sent back."""

    slot: UUID
    expires_at: datetime
    turns: list[Turn]
    responses: list[Response]
    sheet: Sheet
    typed: Mapping[str, str] = field(default_factory=dict)
    guidelines_changed: bool = False

    @property
    def places(self) -> int:
        """K, the number of responses."""
        return len(self.responses)

    @property
    def example(self) -> str:
        """A ranking of all places, to show how one is written: from the left in any language."""
        rest = "".join(f" {place}" for place in range(4, self.places + 1))
        ranking = "2 1" if self.places == 2 else f"2 1=3{rest}"
        return f"\u2066{ranking}\u2069"

    @property
    def separators(self) -> str:
        """Signs that mean nothing in a ranking: the page's scripts pass over the same ones."""
        return SEPARATORS


def desk_for(task: ClaimedTask, *, typed: Mapping[str, str] | None = None) -> Desk:
    """Render a claimed task within one budget, which the responses are the first to draw on."""
    typed = typed or {}
    budget = Budget()
    sheet = sheet_for(
        task.modes, places=len(task.responses), span_labels=task.span_labels, typed=typed
    )
    answers = [_answer(shown.text, sheet, budget) for shown in task.responses]
    return Desk(
        slot=task.slot,
        expires_at=task.expires_at,
        turns=_turns(task, budget),
        responses=[
            Response(
                place=shown.id,
                html=html,
                snippet=_snippet(shown),
                source=orjson.dumps(shown.text).decode(),
                groups=sheet.groups[shown.id],
                warnings=_words_of(shown.warnings),
                origins=origins,
            )
            for shown, (html, origins) in zip(task.responses, answers, strict=True)
        ],
        sheet=sheet,
        typed=typed,
        guidelines_changed=task.guidelines_changed,
    )


def _answer(text: str, sheet: Sheet, budget: Budget) -> tuple[SafeString, list[int] | None]:
    if sheet.asks_spans:
        return render_traced(text, budget=budget)
    return render_markdown(text, budget=budget), None


def _turns(task: ClaimedTask, budget: Budget) -> list[Turn]:
    """The conversation; of a very long one, its end is what gets Markdown."""
    rendered = [render_markdown(turn["content"], budget=budget) for turn in reversed(task.prompt)]
    last = len(task.prompt) - 1
    return [
        Turn(turn["role"], html, _words_of(task.prompt_warnings) if index == last else [])
        for index, (turn, html) in enumerate(zip(task.prompt, rendered[::-1], strict=True))
    ]


def _snippet(shown: Shown) -> str:
    """The first words, by which a response is known on the board; of what is blurred, why it is."""
    return ", ".join(_words_of(shown.warnings)) or plain_snippet(shown.text)


def _words_of(categories: Iterable[str]) -> list[str]:
    return [str(ContentCategory(category).label) for category in categories]


def asked_of(*, slot: UUID, project: Project) -> tuple[int, list[str] | None]:
    """How many responses a slot shows and the modes of its policy, if it was ever granted.

    Whose it is, is for the service to say. Raises NotFound if the project has no such slot.
    """
    slots = Slot.objects.select_related("task", "policy_version")
    found = slots.filter(uid=slot, project=project).first()
    if found is None:
        raise NotFound(_("There is no such task."))
    places = len(found.order or []) or found.task.candidates.count()
    return places, found.policy_version.modes if found.policy_version else None
