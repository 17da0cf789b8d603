"""Admin of policies and guidelines: each is changed by a new version."""

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from common.admin import ServiceAdmin
from labeling.models import GuidelineVersion, PolicyVersion
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
