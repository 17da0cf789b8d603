"""Templates of prompts: a list of them, and an editor that shows what rows come to."""

from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from collector.importing.readers import open_table
from collector.importing.rows import InputError, RowError
from collector.models import Project, PromptTemplate
from collector.services.templates import preview_template, save_template
from collector.templating.binding import Preview
from collector.templating.shots import MAX_SHOTS
from collector.templating.templates import MAX_TEMPLATE
from common.errors import DomainError
from dashboard.forms import PageForm
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.settings import sections_of

LISTED = 100
ROWS_TRIED = 1000
TRY = "question,answer\nWhat is tea?,A drink.\nWhat is a biscuit?,Something to go with it."


class TemplateForm(PageForm):
    """A template, and rows to try it on, as a table with a header or as JSON lines."""

    name = forms.CharField(label=_("Name"), max_length=100)
    text = forms.CharField(
        label=_("Template"),
        max_length=MAX_TEMPLATE,
        strip=False,
        help_text=_(
            "{{ column }} stands for the row's cell. What follows ||| is the answer, if there is"
            " one."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    shots = forms.IntegerField(
        label=_("Examples before each prompt"), min_value=0, max_value=MAX_SHOTS, initial=0
    )
    draw = forms.ChoiceField(label=_("Examples are drawn"), choices=PromptTemplate.Draw.choices)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31 - 1, initial=0)
    rows = forms.CharField(
        label=_("Rows to try it on"),
        required=False,
        strip=False,
        initial=TRY,
        help_text=_("A table with a header, or JSON lines. They are not stored."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )

    def clean_rows(self) -> list[dict[str, Any] | str]:
        """The rows that can be read. Refuses what is no table."""
        given: str = self.cleaned_data["rows"]
        if not given.strip():
            return []
        content = given.encode("utf-8", "replace")
        name = "rows.jsonl" if given.lstrip()[0] in '{"' else "rows.csv"
        try:
            table = open_table(BytesIO(content), filename=name, size=len(content))
            rows = list(table.rows(frozenset(table.columns or ())))[:ROWS_TRIED]
        except InputError as error:
            raise forms.ValidationError(str(error)) from error
        return [row for row in rows if not isinstance(row, RowError)]

    def template(self) -> dict[str, Any]:
        """How prompts are made, as the services take it."""
        return {name: self.cleaned_data[name] for name in ("text", "shots", "draw", "seed")}


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def prompt_templates(request: HttpRequest, project: Project) -> HttpResponse:
    """Try a template, and store it as the next number of its name."""
    templates = list(project.templates.order_by("name", "-number")[:LISTED])
    chosen = next((each for each in templates if str(each.uid) == request.GET.get("from")), None)
    sent = request.POST if request.method == "POST" else None
    form = TemplateForm(sent, initial=_as_initial(chosen))
    made: list[Preview] = []
    if form.is_valid():
        try:
            made = preview_template(rows=form.cleaned_data["rows"], **form.template())
            if "save" in request.POST:
                return _saved(request, project, form)
        except DomainError as error:
            form.refuse(error)
    return page(
        request,
        "dashboard/prompt_templates.html",
        title=_now("Templates of prompts"),
        project=project,
        form=form,
        sections=sections_of(request, project),
        made=made,
        templates=templates,
        most=LISTED if len(templates) == LISTED else 0,
    )


def _saved(request: HttpRequest, project: Project, form: TemplateForm) -> HttpResponse:
    name = form.cleaned_data["name"]
    saved = save_template(project=project, name=name, user=user_of(request), **form.template())
    said = {"name": saved.name, "number": saved.number}
    messages.success(request, _now("“%(name)s” is stored as number %(number)d.") % said)
    return redirect("admin:prompt-templates", project.slug)


def _as_initial(template: PromptTemplate | None) -> dict[str, Any]:
    if template is None:
        return {}
    return {name: getattr(template, name) for name in ("name", "text", "shots", "draw", "seed")}
