"""Admin of items with a known answer and of the standing of labelers."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from labeling.models import GoldItem, GuidelineReading, LabelerStanding, QualificationAttempt


@admin.register(GoldItem)
class GoldItemAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "use", "created_at", "retired_at")
    list_filter = ("use", "project")
    list_select_related = ("project",)
    ordering = ("-id",)


@admin.register(QualificationAttempt)
class QualificationAttemptAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "labeler", "number", "score", "passed", "started_at")
    list_filter = ("passed", "project")
    list_select_related = ("project", "labeler")
    ordering = ("-id",)


@admin.register(LabelerStanding)
class LabelerStandingAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "labeler", "state", "changed_at")
    list_filter = ("state", "project")
    list_select_related = ("project", "labeler")
    ordering = ("-id",)


@admin.register(GuidelineReading)
class GuidelineReadingAdmin(ReadOnlyAdmin):
    list_display = ("id", "version", "labeler", "read_at")
    list_select_related = ("version__project", "labeler")
    ordering = ("-id",)
