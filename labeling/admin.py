"""Admin of labeling. Everything is read here; a policy or guideline is changed by a new version."""

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin, ServiceAdmin
from labeling.models import (
    Candidate,
    Comparison,
    GuidelineVersion,
    Judgment,
    PolicyVersion,
    ResponseRating,
    Skip,
    Slot,
    Task,
)
from labeling.models.policies import Mode
from labeling.services.policies import set_guidelines, set_policy


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    modes = forms.MultipleChoiceField(
        choices=Mode.choices, initial=[Mode.RANK], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = PolicyVersion
        fields = (
            *("project", "modes", "responses", "overlap"),
            *("lease_minutes", "edit_window_minutes"),
        )


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ServiceAdmin):
    list_display = ("project", "number", "modes", "responses", "overlap", "created_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    ordering = ("-id",)
    form = PolicyForm

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def save_model(
        self,
        request: HttpRequest,
        obj: PolicyVersion,
        form: "forms.ModelForm[PolicyVersion]",
        change: bool,
    ) -> None:
        made = set_policy(**form.cleaned_data)
        obj.pk, obj.number = made.pk, made.number


@admin.register(GuidelineVersion)
class GuidelineVersionAdmin(ServiceAdmin):
    list_display = ("project", "number", "created_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_fields(
        self, request: HttpRequest, obj: GuidelineVersion | None = None
    ) -> tuple[str, ...]:
        return ("project", "number", "text", "created_at") if obj else ("project", "text")

    def save_model(
        self,
        request: HttpRequest,
        obj: GuidelineVersion,
        form: "forms.ModelForm[GuidelineVersion]",
        change: bool,
    ) -> None:
        made = set_guidelines(project=obj.project, text=obj.text)
        obj.pk, obj.number = made.pk, made.number


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
