"""A project that somebody is about to make: what they typed, step by step, until they make it.

It is kept in their session, right or wrong, so that going back and coming back lose nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.forms import PageForm
from dashboard.pages.policy_forms import CheckingForm, JudgingForm
from dashboard.pages.project_forms import GuidelinesForm, InvitingForm, PurposeForm, TermsForm

KEY = "new_project"
OVERLAP = 2  # of a project that says nothing else; fewer tell nothing of agreement
STARTING_GUIDELINES = Path(__file__).parents[1] / "labeling/texts/starting_guidelines.md"


@dataclass(frozen=True, slots=True)
class Step:
    """A page of the path with its form, if it has one."""

    name: str
    words: Promise
    help: Promise
    form: type[PageForm] | None = None


STEPS = (
    Step("purpose", _("Purpose"), _("What you want to learn or to train."), PurposeForm),
    Step("terms", _("Languages and licence"), _("Both can be changed later."), TermsForm),
    Step(
        "guidelines",
        _("Guidelines"),
        _("A text to begin with. Make it yours; every later change is a new version."),
        GuidelinesForm,
    ),
    Step(
        "judging",
        _("Judging"),
        _("What labelers are asked, and how many judge a task. The preview is their page."),
        JudgingForm,
    ),
    Step(
        "checks",
        _("Training and checks"),
        _("All of it is off unless you want it; items with a known answer are made later."),
        CheckingForm,
    ),
    Step(
        "people",
        _("People"),
        _("Whoever you name gets a mail with a link once the project is made. Later will do too."),
        InvitingForm,
    ),
    Step("review", _("Review"), _("Nothing is made before you say so.")),
)
NAMES = [step.name for step in STEPS]
FORMS = {step.name: step.form for step in STEPS if step.form}
JUDGED_BY = ("judging", "checks")  # the steps whose settings make the policy


class Draft:
    """The draft of a session; every change is kept at once."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session
        self._typed: dict[str, dict[str, list[str]]] = session.get(KEY, {})

    def __contains__(self, step: str) -> bool:
        """Whether something was typed at this step."""
        return step in self._typed

    def keep(self, step: str, posted: QueryDict) -> None:
        """Keep what was typed at a step, as it was typed."""
        fields = FORMS[step].base_fields
        self._typed[step] = {name: posted.getlist(name) for name in fields if name in posted}
        self._session[KEY] = self._typed

    def drop(self) -> None:
        """Forget all of it."""
        self._typed = {}
        self._session.pop(KEY, None)

    def form(self, step: str) -> PageForm:
        """The form of a step with what was typed, or with what we propose."""
        if step not in self:
            return FORMS[step](initial=self._proposed(step))
        data = QueryDict(mutable=True)
        for name, values in self._typed[step].items():
            data.setlist(name, values)
        return FORMS[step](data, **self._beside(step))

    def unfinished(self) -> Iterator[str]:
        """The steps that were not seen yet or are not right, in their order."""
        for step in FORMS:
            if step not in self or not self.form(step).is_valid():
                yield step

    def cleaned(self, step: str) -> dict[str, Any]:
        """What a finished step says."""
        form = self.form(step)
        return dict(form.cleaned_data) if form.is_valid() else {}

    def policy(self) -> dict[str, Any]:
        """The settings of the policy, of finished steps."""
        forms = [self.form(step) for step in JUDGED_BY]
        return {
            name: value
            for form in forms
            if isinstance(form, JudgingForm | CheckingForm) and form.is_valid()
            for name, value in form.settings().items()
        }

    def _beside(self, step: str) -> dict[str, Any]:
        """Checks are held against how is judged, as the policy has both."""
        if step != "checks" or "judging" not in self:
            return {}
        judging = self.form("judging")
        if isinstance(judging, JudgingForm) and judging.is_valid():
            return {"beside": judging.settings()}
        return {}

    def _proposed(self, step: str) -> dict[str, Any]:
        if step == "judging":
            return {"overlap": OVERLAP}
        if step != "guidelines":
            return {}
        purpose = self.cleaned("purpose")
        text = STARTING_GUIDELINES.read_text(encoding="utf-8")
        heading = [f"# {purpose['name']}", purpose["description"]] if purpose else []
        return {"guidelines": "\n\n".join([*filter(None, heading), text])}
