"""Admin of the work given out, to be read."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from labeling.models import Candidate, Mask, Skip, Slot, Task


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "kind", "state", "band", "created_at")
    list_filter = ("state", "kind", "project")
    list_select_related = ("project",)
    search_fields = ("uid__exact",)
    search_by_uid = True
    ordering = ("-id",)


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


@admin.register(Mask)
class MaskAdmin(ReadOnlyAdmin):
    list_display = ("response_id", "spans")
    ordering = ("-response_id",)
