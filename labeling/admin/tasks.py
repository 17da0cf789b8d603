"""Admin of the work given out, to be read."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from common.admin import ReadOnlyAdmin
from labeling.models import Candidate, Mask, Skip, Slot, Task, TaskJob


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "kind", "state", "band", "created_at")
    list_filter = ("state", "kind", "project")
    list_select_related = ("project",)
    search_fields = ("uid__exact",)
    search_by_uid = True
    ordering = ("-id",)
    actions_detail = ("make_item",)

    @action(description=_("Answer it as an expert"), url_path="make-item")  # type: ignore[untyped-decorator]
    def make_item(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the form for items with a known answer, with this task in it."""
        task = get_object_or_404(Task, pk=object_id)
        return redirect(f"{reverse('admin:labeling_golditem_add')}?task_uid={task.uid}")


@admin.register(Candidate)
class CandidateAdmin(ReadOnlyAdmin):
    list_display = ("id", "task_id", "response_id", "ordinal", "repeat")
    ordering = ("-id",)


@admin.register(Slot)
class SlotAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "state", "labeler", "granted_at", "expires_at")
    list_filter = ("state", "project")
    list_select_related = ("project", "labeler")
    search_fields = ("uid__exact",)
    search_by_uid = True
    ordering = ("-id",)


@admin.register(Skip)
class SkipAdmin(ReadOnlyAdmin):
    list_display = ("id", "labeler", "reason", "note", "created_at")
    list_filter = ("reason",)
    list_select_related = ("labeler",)
    ordering = ("-id",)


@admin.register(TaskJob)
class TaskJobAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "kind", "status", "tasks", "created_at")
    list_filter = ("kind", "status", "project")
    list_select_related = ("project",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("lease_token",)


@admin.register(Mask)
class MaskAdmin(ReadOnlyAdmin):
    list_display = ("response_id", "spans")
    ordering = ("-response_id",)
