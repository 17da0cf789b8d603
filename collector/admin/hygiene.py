"""Admin of what was found in messages, and of templates of prompts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminTextareaWidget

from collector.models import MessageFlag, PromptSignature, PromptTemplate
from collector.services.flags import dismiss_flags, restore_flags
from collector.services.templates import making_of, save_template
from common.admin import ReadOnlyAdmin, ServiceAdmin
from common.errors import InvalidInput

SETTINGS = ("text", "shots", "draw", "seed")


@admin.register(MessageFlag)
class MessageFlagAdmin(ReadOnlyAdmin):
    """Flags are dismissed and restored here; none is deleted."""

    list_display = ("message", "kind", "created_at", "dismissed_at", "dismissed_by")
    list_filter = ("kind",)
    list_select_related = ("message", "dismissed_by")
    ordering = ("-pk",)
    actions = ("dismiss", "restore")  # type: ignore[assignment]  # None means none at all

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description=_("Dismiss the chosen flags"), permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[MessageFlag]) -> None:
        assert request.user.is_authenticated  # noqa: S101 - the site lets nobody else in
        count = dismiss_flags(flags=queryset.values_list("pk", flat=True), user=request.user)
        self._tell(request, ngettext("%d flag dismissed.", "%d flags dismissed.", count) % count)

    @admin.action(description=_("Let the chosen flags stand again"), permissions=["decide"])
    def restore(self, request: HttpRequest, queryset: QuerySet[MessageFlag]) -> None:
        count = restore_flags(flags=queryset.values_list("pk", flat=True))
        self._tell(request, ngettext("%d flag restored.", "%d flags restored.", count) % count)

    def _tell(self, request: HttpRequest, text: str) -> None:
        self.message_user(request, text, messages.SUCCESS)


@admin.register(PromptSignature)
class PromptSignatureAdmin(ReadOnlyAdmin):
    list_display = ("prompt", "project_id")
    list_select_related = ("prompt",)
    ordering = ("-pk",)


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the service refuses is said beside the field at fault."""

    class Meta:
        model = PromptTemplate
        fields = ("project", "name", *SETTINGS)
        widgets = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 8})}
        help_texts = {
            "text": _("Jinja over the columns of a row: input ||| target."),
            "shots": _("How many other rows stand before each prompt as examples."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                making_of(**{name: cleaned[name] for name in SETTINGS})
            except InvalidInput as error:
                self.add_error(error.attr if error.attr in self.fields else None, error.detail)
        return cleaned


@admin.register(PromptTemplate)
class PromptTemplateAdmin(ServiceAdmin):
    """A template is stored as the next number of its name, and never changed."""

    list_display = ("name", "number", "project", "shots", "draw", "created_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    search_by_uid = True
    ordering = ("-pk",)
    form = TemplateForm

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_fields(
        self, request: HttpRequest, obj: PromptTemplate | None = None
    ) -> tuple[str, ...]:
        if obj is None:
            return ("project", "name", *SETTINGS)
        return ("uid", "project", "name", "number", *SETTINGS, "created_by", "created_at")

    def save_model(
        self,
        request: HttpRequest,
        obj: PromptTemplate,
        form: "forms.ModelForm[PromptTemplate]",
        change: bool,
    ) -> None:
        given = {name: form.cleaned_data[name] for name in ("project", "name", *SETTINGS)}
        assert request.user.is_authenticated  # noqa: S101 - the site lets nobody else in
        made = save_template(user=request.user, **given)
        obj.pk, obj.number = made.pk, made.number
