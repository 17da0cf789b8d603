"""Forms of what surrounds the work: reports, letters, settings, and the search in one's own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import ConsentForm
from accounts.models import ContentCategory, Preferences
from collector.models import Project
from labeling.models import Letter, Report
from labeling.services import letters, reports
from labeling.texts.language_names import language_name

GOAL_MAX = 1_000
BREAK_MAX = 240


class ReportForm(forms.Form):
    """`slot` and `place` name the task and the response meant, where the page shows one."""

    category = forms.ChoiceField(
        label=_("What is it about?"), choices=Report.Category.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("What happened?"),
        required=False,
        max_length=reports.TEXT_MAX,
        widget=forms.Textarea({"rows": 4}),
    )
    page = forms.CharField(required=False, widget=forms.HiddenInput)
    project = forms.SlugField(required=False, widget=forms.HiddenInput)
    slot = forms.UUIDField(required=False, widget=forms.HiddenInput)
    place = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def clean_page(self) -> str:
        """A path of ours; anything else is nothing."""
        page = str(self.cleaned_data["page"])
        return page[: reports.PAGE_MAX] if page.startswith("/") else ""


class AnswerReportForm(forms.Form):
    answer = forms.CharField(
        label=_("Answer to the person who reported it"),
        required=False,
        max_length=reports.TEXT_MAX,
        widget=forms.Textarea({"rows": 2}),
    )


class LetterForm(forms.Form):
    text = forms.CharField(
        label=_("Your letter"), max_length=letters.TEXT_MAX, widget=forms.Textarea({"rows": 5})
    )


class LabelerLetterForm(LetterForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (Letter.Kind.MESSAGE, _("a message")),
            (Letter.Kind.APPEAL, _("an appeal: I ask for a decision to be looked at again")),
        ],
        widget=forms.RadioSelect,
        initial=Letter.Kind.MESSAGE,
    )


class ContributionsForm(forms.Form):
    """The search in one's own answers; a field that makes no sense is left out of it."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    project = forms.ModelChoiceField(
        label=_("Project"),
        queryset=Project.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("all projects"),
    )
    answer = forms.ChoiceField(
        label=_("Answer"),
        choices=[
            ("", _("all answers")),
            ("ranked", _("an order")),
            ("none", _("no acceptable response")),
        ],
        required=False,
    )
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, data: Mapping[str, Any], projects: Any) -> None:
        super().__init__(data)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """Arguments of `contributions_page`."""
        self.is_valid()
        data = self.cleaned_data
        rankable = {"ranked": True, "none": False}.get(data.get("answer", ""))
        return {
            "search": data.get("q", "").replace("\0", ""),
            "project": data.get("project"),
            "rankable": rankable,
            "number": data.get("page") or 1,
        }


class TakingPartForm(ConsentForm):
    """Accepting the terms, and the languages one reads where the projects have any."""

    languages = forms.MultipleChoiceField(
        label=_("Languages I read"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: tasks in every language."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        languages: Sequence[str],
        chosen: Sequence[str],
    ) -> None:
        super().__init__(data, initial={"languages": chosen})
        choices = [(code, language_name(code)) for code in languages]
        self.fields["languages"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["languages"]


class SettingsForm(forms.Form):
    """How one likes to work. Nothing chosen of languages or topics means all of them."""

    interface_language = forms.ChoiceField(
        label=_("Language of the pages"),
        required=False,
        help_text=_("The tasks keep their own language."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages of the tasks"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: tasks in every language."),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics of the tasks"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: tasks on every topic."),
    )
    shown_categories = forms.MultipleChoiceField(
        label=_("Show at once, without a warning"),
        required=False,
        choices=ContentCategory.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Texts with other warnings are blurred until you ask for them."),
    )
    daily_goal = forms.IntegerField(
        label=_("Goal: tasks a day"),
        min_value=0,
        max_value=GOAL_MAX,
        help_text=_("0 for none. Nobody else sees it."),
    )
    show_streak = forms.BooleanField(
        label=_("Show how many days in a row I have worked"), required=False
    )
    break_minutes = forms.IntegerField(
        label=_("Remind me of a break after so many minutes of work"),
        min_value=0,
        max_value=BREAK_MAX,
        help_text=_("0 for never."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        stored: Preferences,
        languages: Iterable[str] = (),
        topics: Iterable[str] = (),
    ) -> None:
        initial = {name: getattr(stored, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        offered = sorted({*languages, *stored.languages} - {""})
        self._offer(
            "interface_language",
            [
                ("", _("as my browser says")),
                *((code, language_name(code)) for code, _name in settings.LANGUAGES),
            ],
        )
        self._offer("languages", [(code, language_name(code)) for code in offered])
        self._offer("topics", [(name, name) for name in sorted({*topics, *stored.topics})])
        for name in ("languages", "topics"):
            if not self.fields[name].choices:  # type: ignore[attr-defined]
                del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class EraseForm(forms.Form):
    """Said twice: by the button, and by a box that is never ticked beforehand."""

    sure = forms.BooleanField(
        label=_("I understand that this cannot be undone"),
        error_messages={"required": _("Tick the box if you are sure.")},
    )
