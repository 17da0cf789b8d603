"""Imports before they are started: a file is stored once, looked at, and said what it is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import BinaryIO

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from collector.importing.guessing import ANY_TABLE, guess
from collector.importing.rows import InputError, one_line
from collector.importing.stored import StoredFile, forget, stored
from collector.models import ImportDraft, ImportJob, Project
from collector.services.import_previews import columns_of
from collector.services.imports import (
    check_import,
    check_input,
    chosen_options,
    start_stored,
)
from common.errors import Conflict

KEPT = timedelta(days=1)
FORGOTTEN_AT_ONCE = 100


def open_draft(
    *,
    project: Project,
    filename: str = "",
    content: BinaryIO | None = None,
    hub_name: str = "",
    user: User | None = None,
) -> ImportDraft:
    """Store the file (or the hub dataset's name) and guess what it is by its columns.

    Raises InvalidInput for a kind of file that is not read, Conflict if the project is archived.
    """
    if project.archived_at is not None:
        raise Conflict(_("The project is archived."))
    name = one_line(hub_name or filename)[-300:]
    check_input(filename=name, has_file=content is not None, hub_name=hub_name or None)
    draft = ImportDraft(project=project, created_by=user, filename=name, hub_name=hub_name)
    with stored(content, uid=draft.uid, filename=name) as kept:
        draft.path, draft.sha256, draft.bytes_total = kept.path, kept.sha256, kept.bytes_total
        draft.preset, draft.mapping = _guessed(draft)
        draft.save()
    return draft


def _guessed(draft: ImportDraft) -> tuple[str, dict[str, str]]:
    try:
        return guess(columns_of(draft))
    except InputError:
        return ANY_TABLE, {}  # the preview says why


def change_draft(
    *, draft: ImportDraft, preset: str, mapping: dict[str, str], options: Mapping[str, str]
) -> ImportDraft:
    """Say what the draft is. Raises InvalidInput for what cannot be told before reading it."""
    check_import(project=draft.project, preset=preset, mapping=mapping)
    draft.preset, draft.mapping = preset, mapping
    draft.options = chosen_options(draft.project, preset, options)
    draft.save(update_fields=["preset", "mapping", "options", "changed_at"])
    return draft


@transaction.atomic
def start_draft(*, draft: ImportDraft, user: User | None) -> ImportJob:
    """Start the import that the draft describes; started before, that import.

    The file becomes the import's. Raises as `start_import` does.
    """
    draft = ImportDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if draft.job is not None:
        return draft.job
    job = start_stored(
        project=draft.project,
        preset=draft.preset,
        filename=draft.filename,
        kept=StoredFile(draft.path, draft.sha256, draft.bytes_total),
        hub_name=draft.hub_name or None,
        mapping=draft.mapping,
        options=draft.options,
        user=user,
    )
    draft.job, draft.path = job, ""
    draft.save(update_fields=["job", "path", "changed_at"])
    return job


@transaction.atomic
def discard_draft(*, draft: ImportDraft) -> None:
    """Throw a draft and its file away; of one that was started, nothing."""
    found = ImportDraft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()
    if found is None or found.job_id is not None:
        return
    found.delete()
    transaction.on_commit(lambda: forget(found.path))


def discard_old_drafts() -> int:
    """Throw away drafts that nobody has touched for a day; returns how many."""
    old = ImportDraft.objects.filter(changed_at__lt=Now() - KEPT, job__isnull=True)
    drafts = list(old.order_by("pk")[:FORGOTTEN_AT_ONCE])
    for draft in drafts:
        discard_draft(draft=draft)
    return len(drafts)
