"""Admin of reports, letters and content warnings."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from labeling.models import ContentWarning, Letter, Report


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "category", "state", "created_at")
    list_filter = ("state", "category", "project")
    list_select_related = ("project",)
    ordering = ("-id",)


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "labeler", "kind", "from_labeler", "created_at")
    list_filter = ("kind", "project")
    list_select_related = ("project", "labeler")
    ordering = ("-id",)


@admin.register(ContentWarning)
class ContentWarningAdmin(ReadOnlyAdmin):
    list_display = ("id", "message_id", "category", "source", "created_at")
    list_filter = ("category", "source")
    ordering = ("-id",)
