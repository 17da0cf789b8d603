"""The way from a file to a started import."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from collector.importing.guessing import ANY_TABLE, guessed_mapping
from collector.models import ImportDraft, ImportJob, Project
from collector.selectors import drafts_of, imports_of
from collector.services.import_drafts import change_draft, discard_draft, open_draft, start_draft
from collector.services.import_previews import ImportPreview, preview_import
from common.errors import DomainError, NotFound
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.import_words import PRESET_WORDS
from dashboard.pages.imports_forms import DraftForm, UploadForm
from dashboard.pages.imports_looks import RowLook, found_in


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def new_import(request: HttpRequest, project: Project) -> HttpResponse:
    """Give a file, a dataset's name or a text; it is stored, and looked at on the next page."""
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    if sent and form.is_valid():
        try:
            draft = open_draft(project=project, user=user_of(request), **form.source())
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("admin:import-draft", project.slug, draft.uid)
    return page(
        request,
        "dashboard/import_new.html",
        title=_("Import prompts"),
        project=project,
        form=form,
        presets=PRESET_WORDS.values(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def import_draft(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Say what the file is and see what its first rows would become; then start."""
    draft = _draft(project, uid)
    if draft.job is not None:
        return redirect("admin:import", project.slug, draft.job.uid)
    preview = preview_import(draft)
    sent = request.POST if request.method == "POST" else None
    form = DraftForm(sent, draft=draft, columns=preview.columns)
    if form.is_valid():
        try:
            return _changed(request, draft, form, preview)
        except DomainError as error:
            form.refuse(error)
    return page(
        request,
        "dashboard/import_draft.html",
        title=_("Import %(name)s") % {"name": draft.filename},
        project=project,
        draft=draft,
        form=form,
        preset=PRESET_WORDS[draft.preset],
        preview=preview,
        rows=[RowLook(row) for row in preview.rows],
        found=found_in(preview),
    )


def _changed(
    request: HttpRequest, draft: ImportDraft, form: DraftForm, before: ImportPreview
) -> HttpResponse:
    """Keep what was said; start the import where that was asked for and rows can be read so."""
    slug, said = draft.project.slug, form.said()
    if said["preset"] != draft.preset:
        is_table = said["preset"] == ANY_TABLE and before.columns
        said["mapping"] = guessed_mapping(before.columns or ()) if is_table else {}
        said["options"].pop("template", None)
        said["options"].pop("targets", None)
        change_draft(draft=draft, **said)
        return redirect("admin:import-draft", slug, draft.uid)
    change_draft(draft=draft, **said)
    if "start" not in request.POST:
        return redirect("admin:import-draft", slug, draft.uid)
    if not preview_import(draft).usable:
        messages.error(request, _("Nothing could be imported like this. See below why."))
        return redirect("admin:import-draft", slug, draft.uid)
    job = start_draft(draft=draft, user=user_of(request))
    messages.success(request, _("The import has started."))
    return redirect("admin:import", slug, job.uid)


@require_POST
@of_project
def discard_import(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Throw the draft and its file away."""
    discard_draft(draft=_draft(project, uid))
    messages.success(request, _("The draft and its file are gone."))
    return redirect("admin:prompts", project.slug)


def _draft(project: Project, uid: UUID) -> ImportDraft:
    found = drafts_of(project=project, started=True).filter(uid=uid).first()
    if found is None:
        raise NotFound(_("There is no such draft; drafts are kept for a day."))
    return found


def import_of(project: Project, uid: UUID) -> ImportJob:
    """The project's import. Raises NotFound."""
    found = imports_of(project=project).filter(uid=uid).first()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found
