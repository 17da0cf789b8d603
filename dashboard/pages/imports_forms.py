"""The forms of an import: what to read, and what it is."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from collector.importing.files import COMPRESSIONS, ENCODINGS, KINDS
from collector.importing.guessing import ANY_TABLE
from collector.importing.opening import AS_WRITTEN
from collector.importing.presets import PRESETS
from collector.models import ImportDraft, PromptTemplate
from dashboard.forms import PageForm
from dashboard.pages.import_words import FIELD_WORDS, PRESET_WORDS

ENDINGS = ",".join((*KINDS, *COMPRESSIONS))
COLUMNS_OFFERED = 500
MAPPED = "map-"  # before a field's name
CHECKS = ("language", "near_duplicates", "personal_data", "responses")


class UploadForm(PageForm):
    """A file, the name of a dataset, or text that is pasted: one of them."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        max_length=None,
        help_text=_(
            "CSV, TSV, JSON lines, Parquet or a text with a prompt on each line;"
            " .gz or .zst may follow."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ENDINGS}),
    )
    hub_name = forms.CharField(
        label=_("Or a dataset of the Hugging Face hub"),
        required=False,
        max_length=200,
        help_text=_("OWNER/NAME, then perhaps :CONFIGURATION and @SPLIT."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    pasted = forms.CharField(
        label=_("Or paste text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    pasted_as = forms.ChoiceField(
        label=_("The pasted text is"),
        required=False,
        choices=[
            ("txt", _("a prompt on each line")),
            ("csv", _("a table with a header (CSV, or copied from a spreadsheet)")),
            ("jsonl", _("JSON lines")),
        ],
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        count = sum(bool(given.get(name)) for name in ("hub_name", "pasted"))
        count += given.get("file") is not None
        if count != 1 and not self.errors:
            raise forms.ValidationError(_("Give a file, a dataset's name or a text: one of them."))
        return given

    def source(self) -> dict[str, Any]:
        """What was given, as `open_draft` takes it."""
        given = self.cleaned_data
        if given["file"] is not None:
            return {"filename": given["file"].name, "content": cast(BinaryIO, given["file"])}
        if given["hub_name"]:
            return {"hub_name": given["hub_name"]}
        name = f"pasted.{given['pasted_as'] or 'txt'}"
        return {"filename": name, "content": BytesIO(given["pasted"].encode("utf-8", "replace"))}


class DraftForm(PageForm):
    """What a draft is: its preset, the columns of the preset's fields, and how rows are treated.

    `columns` are None where rows are bare texts. A preset that was just changed has other fields
    than those that were sent, which are passed over then.
    """

    preset = forms.ChoiceField(
        label=_("What it is"), choices=[(name, PRESET_WORDS[name].name) for name in PRESETS]
    )
    delimiter = forms.ChoiceField(
        label=_("Between columns"),
        required=False,
        choices=[
            ("", _("find out")),
            (",", _("comma")),
            (";", _("semicolon")),
            ("tab", _("tab")),
            ("|", _("bar")),
        ],
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("find out")), *((name, name) for name in ENCODINGS)],
    )
    template = forms.ChoiceField(
        label=_("Make prompts by a template"),
        required=False,
        help_text=_("For tables. A template can put several columns into a prompt."),
    )
    targets = forms.ChoiceField(
        label=_("The template's targets"),
        required=False,
        choices=[("response", _("become responses")), ("meta", _("are kept with the prompt"))],
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("keep", _("as the file says")), ("detect", _("find out where it says none"))],
    )
    near_duplicates = forms.ChoiceField(
        label=_("Prompts that are nearly the same"),
        required=False,
        choices=[("off", _("take them")), ("flag", _("flag them")), ("skip", _("leave them out"))],
    )
    personal_data = forms.ChoiceField(
        label=_("Personal data"),
        required=False,
        choices=[("off", _("do not look for it")), ("flag", _("flag it"))],
    )
    responses = forms.ChoiceField(
        label=_("Responses that repeat themselves, refuse or are cut off"),
        required=False,
        choices=[("flag", _("flag them")), ("off", _("do not look for them"))],
    )

    def __init__(
        self, *args: Any, draft: ImportDraft, columns: Sequence[str] | None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = _said(draft)
        super().__init__(*args, **kwargs)
        templates = _templates(draft)
        choices = [("", _("no")), *((name, name) for name in templates)]
        cast(forms.ChoiceField, self.fields["template"]).choices = choices
        self.mapped = tuple(PRESETS[draft.preset].fields) if columns else ()
        for name in self.mapped:
            self.fields[MAPPED + name] = forms.ChoiceField(
                label=FIELD_WORDS.get(name, name),
                required=False,
                choices=_offered(draft, name, columns or ()),
            )
        if draft.preset != ANY_TABLE or not templates:
            del self.fields["template"], self.fields["targets"]

    def said(self) -> dict[str, Any]:
        """What is said of the draft, as `change_draft` takes it."""
        given = self.cleaned_data
        mapping = {name: given.get(MAPPED + name, "") for name in self.mapped}
        mapping |= {name: given[name] for name in AS_WRITTEN}
        options = {name: given[name] for name in CHECKS if given[name]}
        if given.get("template"):
            options |= {"template": given["template"], "targets": given["targets"] or "response"}
        return {
            "preset": given["preset"],
            "mapping": {name: column for name, column in mapping.items() if column},
            "options": options,
        }

    def mapping_fields(self) -> list[forms.BoundField]:
        """The fields that name columns."""
        return [self[MAPPED + name] for name in self.mapped]

    def check_fields(self) -> list[forms.BoundField]:
        """The fields that say how rows are treated."""
        return [self[name] for name in (*CHECKS, "template", "targets") if name in self.fields]

    def written_fields(self) -> list[forms.BoundField]:
        """The fields that say how the file is written."""
        return [self[name] for name in AS_WRITTEN]


def _said(draft: ImportDraft) -> dict[str, str]:
    initial = {"preset": draft.preset, **draft.options}
    for field, column in draft.mapping.items():
        initial[field if field in AS_WRITTEN else MAPPED + field] = column
    if uid := draft.options.get("template"):
        initial["template"] = (
            PromptTemplate.objects.filter(uid=uid).values_list("name", flat=True).first() or ""
        )
    return initial


def _templates(draft: ImportDraft) -> list[str]:
    names = draft.project.templates.order_by("name").values_list("name", flat=True)
    return list(names.distinct()[:COLUMNS_OFFERED])


def _offered(draft: ImportDraft, field: str, columns: Sequence[str]) -> list[tuple[str, Any]]:
    """Each column once; the one that is chosen also where there are too many to offer all.

    What is taken unless another is chosen: the column of the field's own name.
    """
    there = dict.fromkeys(columns[:COLUMNS_OFFERED])
    if chosen := draft.mapping.get(field):
        there[chosen] = None
    default: Any = _("by its own name")
    if draft.preset == ANY_TABLE:
        default = field if field in columns else _("none")
    named = [(column, column) for column in there if column and column != default]
    return [("", default), *named]
