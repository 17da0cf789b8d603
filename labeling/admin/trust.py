"""Who is trusted and how far: decisions, adjudications, judges and snapshots, to be read."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from labeling.models import (
    Adjudication,
    AgreementSnapshot,
    Judge,
    LabelersSnapshot,
    LeaderboardSnapshot,
    ProjectCounts,
    StandingChange,
    Verdict,
)


@admin.register(StandingChange)
class StandingChangeAdmin(ReadOnlyAdmin):
    list_display = ("id", "standing", "before", "after", "decided_by", "created_at")
    list_filter = ("after",)
    list_select_related = ("standing", "decided_by")
    ordering = ("-id",)


@admin.register(Adjudication)
class AdjudicationAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "state", "kind", "disagreement", "opened_at", "resolved_at")
    list_filter = ("state", "kind", "project")
    list_select_related = ("project",)
    ordering = ("-id",)


@admin.register(Judge)
class JudgeAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "name", "revision", "both_orders", "enabled", "spent")
    list_filter = ("enabled", "project")
    list_select_related = ("project", "revision__generator")
    ordering = ("-id",)


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    list_display = ("id", "judge", "task", "number", "status", "attempts", "finished_at")
    list_filter = ("status",)
    list_select_related = ("judge", "task")
    ordering = ("-id",)
    exclude = ("lease_token",)


@admin.register(LeaderboardSnapshot, AgreementSnapshot, LabelersSnapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ("uid", "project", "key", "comparisons", "seconds", "created_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    ordering = ("-id",)


@admin.register(ProjectCounts)
class ProjectCountsAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "kind", "seconds", "counted_at", "wanted_at")
    list_filter = ("kind",)
    list_select_related = ("project",)
    ordering = ("-id",)
