"""Admin of what people said, to be read."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from labeling.models import Comparison, Judgment, Opinion, ResponseRating, Span


@admin.register(Judgment)
class JudgmentAdmin(ReadOnlyAdmin):
    list_display = ("uid", "labeler", "purpose", "seconds", "created_at", "retired_at")
    list_filter = ("purpose",)
    list_select_related = ("labeler",)
    search_fields = ("uid__exact",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("body_hash",)


@admin.register(ResponseRating)
class ResponseRatingAdmin(ReadOnlyAdmin):
    list_display = ("id", "judgment_id", "response_id", "overall", "flags")
    ordering = ("-id",)


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "labeler", "first_generator", "second_generator", "outcome", "strength"),
        *("purpose", "created_at"),
    )
    list_filter = ("outcome", "purpose")
    list_select_related = ("labeler", "first_generator", "second_generator")
    ordering = ("-id",)


@admin.register(Span)
class SpanAdmin(ReadOnlyAdmin):
    list_display = ("id", "judgment_id", "response_id", "start", "end", "label")
    ordering = ("-id",)


@admin.register(Opinion)
class OpinionAdmin(ReadOnlyAdmin):
    list_display = ("judgment", "scorer", "margin", "surprising", "created_at")
    list_filter = ("surprising",)
    list_select_related = ("judgment",)
    ordering = ("-id",)
