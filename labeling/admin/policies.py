"""Admin of policies and guidelines: each is changed by a new version."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from common.admin import ServiceAdmin
from labeling.admin.policy_form import FIELDSETS, PolicyForm
from labeling.admin.preview import preview
from labeling.models import GuidelineVersion, PolicyVersion
from labeling.services.policies import set_guidelines, set_policy


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ServiceAdmin):
    list_display = ("project", "number", "modes", "responses", "overlap", "created_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    ordering = ("-id",)
    form = PolicyForm
    change_form_after_template = "admin/labeling/policyversion/form_preview.html"

    class Media:
        css = {"all": ("css/policy-form.css",)}
        js = (forms.Script("js/policy-form.js", type="module"),)

    def get_urls(self) -> list[URLPattern]:
        seen = self.admin_site.admin_view(self.preview_view)
        name = "labeling_policyversion_preview"
        return [path("preview/", seen, name=name), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponseBase:
        """For those who may write a policy: what labelers would see under it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return preview(request)

    def get_fieldsets(self, request: HttpRequest, obj: PolicyVersion | None = None) -> Any:
        if obj is None:
            return FIELDSETS
        names = [field.name for field in PolicyVersion._meta.fields if field.name != "id"]
        return [(None, {"fields": names})]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def save_model(
        self,
        request: HttpRequest,
        obj: PolicyVersion,
        form: "forms.ModelForm[PolicyVersion]",
        change: bool,
    ) -> None:
        assert isinstance(form, PolicyForm)  # noqa: S101 - this admin's own form
        made = set_policy(project=form.cleaned_data["project"], **form.settings())
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
