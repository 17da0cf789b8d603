"""What the list of conversations can be asked for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from collector.models import Generator, Message, MessageFlag, Project, Source
from collector.searching import QUERY_MAX
from labeling.correspondence import offered_in
from labeling.finding import Judged, Wish
from labeling.pages.quality_forms import AskingForm
from labeling.texts.language_names import language_name

CHOICES_MAX = 200  # of the longer lists
_ALL = ("", _("all"))
Choices = list[tuple[str, Any]]


class ConversationsForm(AskingForm):
    q = forms.CharField(
        label=_("Words"), required=False, max_length=QUERY_MAX, widget=forms.SearchInput
    )
    role = forms.ChoiceField(
        label=_("Look in"),
        choices=[
            ("", _("prompts and responses")),
            (Message.Role.USER, _("prompts")),
            (Message.Role.ASSISTANT, _("responses")),
        ],
        required=False,
    )
    judged = forms.ChoiceField(label=_("Judging"), choices=[_ALL, *Judged.choices], required=False)
    flag = forms.ChoiceField(
        label=_("Flag"), choices=[_ALL, *MessageFlag.Kind.choices], required=False
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    tag = forms.ChoiceField(label=_("Topic"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    generator = forms.ChoiceField(label=_("Model"), required=False)

    def __init__(self, data: Mapping[str, Any], *, project: Project, blind: bool) -> None:
        super().__init__(data)
        languages, topics = offered_in(projects=[project])
        codes = sorted({*project.languages, *languages})
        self._offer("language", [(code, language_name(code)) for code in codes])
        self._offer("tag", [(topic, topic) for topic in topics])
        sources = Source.objects.filter(project=project).order_by("name")
        names = sources.values_list("name", flat=True).distinct()[:CHOICES_MAX]
        self._offer("source", [(name, name) for name in names])
        if blind:
            del self.fields["generator"]
        else:
            models = Generator.objects.order_by("name").values_list("name", flat=True)
            self._offer("generator", [(name, name) for name in models[:CHOICES_MAX]])

    def _offer(self, name: str, choices: Choices) -> None:
        """The choices beside "all"; a field without any is left out."""
        self.fields[name].choices = [_ALL, *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields[name]

    def wish(self) -> Wish:
        """What was asked for, as far as it makes sense."""
        return Wish(**self.chosen())


class PositionForm(forms.Form):
    """Where a page of the list begins: behind that message."""

    older = forms.UUIDField(required=False)
    newer = forms.UUIDField(required=False)
