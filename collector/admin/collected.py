"""Admin of projects and what was collected. Projects and members are changed through services."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from collector.generation.budgets import spent_so_far
from collector.models import (
    ImportedPreference,
    ImportJob,
    Invitation,
    Membership,
    Message,
    Project,
    Source,
    Thread,
)
from collector.services.budgets import BUDGETS, set_budgets
from collector.services.invitations import MOST_DAYS, revoke_invitations, write_invitation
from collector.services.projects import add_member, create_project, update_project
from common.admin import ReadOnlyAdmin, ServiceAdmin
from common.money import plain


@admin.register(Project)
class ProjectAdmin(ServiceAdmin):
    list_display = ("slug", "name", "licence", "created_at", "archived_at")
    search_fields = ("slug__startswith", "name__istartswith")
    search_by_uid = True
    ordering = ("slug",)
    fields = (
        *("slug", "name", "description", "licence", "languages", *BUDGETS, "spent", "archived_at"),
    )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Project | None = None
    ) -> tuple[str, ...]:
        return ("slug", "spent", "archived_at") if obj else ("spent", "archived_at")

    @admin.display(description=_("spent"))
    def spent(self, project: Project) -> str:
        """US dollars of all time and of this month."""
        sums = spent_so_far(project)
        ever, month = plain(sums["ever"]), plain(sums["month"])
        return _("$%(ever)s in all, $%(month)s this month") % {"ever": ever, "month": month}

    def save_model(
        self, request: HttpRequest, obj: Project, form: "forms.ModelForm[Project]", change: bool
    ) -> None:
        values: dict[str, Any] = {
            name: form.cleaned_data[name]
            for name in ("name", "description", "licence", "languages")
        }
        if change:
            update_project(project=obj, **values)
        else:
            obj.pk = create_project(slug=obj.slug, **values).pk
        set_budgets(project=obj, budgets={name: form.cleaned_data[name] for name in BUDGETS})


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A member is named by e-mail address; an address without an account gets one."""

    email = forms.EmailField()

    class Meta:
        model = Membership
        fields = ("project", "role")


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    list_display = ("user", "role", "project", "created_at")
    list_filter = ("role", "project")
    list_select_related = ("user", "project")
    search_fields = ("user__email__istartswith",)
    ordering = ("-id",)
    form = MemberForm

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("user", "role", "project", "created_at") if obj else ("email", "role", "project")

    def save_model(
        self,
        request: HttpRequest,
        obj: Membership,
        form: "forms.ModelForm[Membership]",
        change: bool,
    ) -> None:
        made = add_member(project=obj.project, email=form.cleaned_data["email"], role=obj.role)
        obj.pk, obj.user = made.pk, made.user


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    days = forms.IntegerField(
        label=_("days"),
        initial=7,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_("How long it is good."),
    )
    uses = forms.IntegerField(
        label=_("uses"), initial=1, min_value=1, help_text=_("How many people may use it.")
    )

    class Meta:
        model = Invitation
        fields = ("project", "role", "email")
        help_texts = {
            "email": _("The link is mailed there and shown to nobody. Empty: you hand it on.")
        }


@admin.register(Invitation)
class InvitationAdmin(ServiceAdmin):
    """Invitations are written and revoked here. Their links are shown once and never again."""

    list_display = ("project", "role", "email", "uses_left", "expires_at", "revoked_at")
    list_filter = ("role", "project")
    list_select_related = ("project",)
    search_fields = ("email__istartswith",)
    search_by_uid = True
    ordering = ("-id",)
    form = InvitationForm
    actions = ("revoke",)  # type: ignore[assignment]  # None means none at all

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("project", "role", "email", "days", "uses")
        when = ("created_at", "expires_at", "revoked_at")
        return ("uid", "project", "role", "email", "uses_left", "created_by", *when)

    @admin.action(description=_("Revoke the chosen invitations"), permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        revoke_invitations(invitations=list(queryset), now=timezone.now())

    def save_model(
        self,
        request: HttpRequest,
        obj: Invitation,
        form: "forms.ModelForm[Invitation]",
        change: bool,
    ) -> None:
        fields = {name: form.cleaned_data[name] for name in form.fields}
        writer = cast(User, request.user)
        written = write_invitation(created_by=writer, now=timezone.now(), **fields)
        obj.pk, obj.uid = written.invitation.pk, written.invitation.uid
        if written.link:
            words = _("The link, shown this once: %s") % written.link
            self.message_user(request, words, messages.WARNING)


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "project", "licence", "created_at")
    list_filter = ("kind", "project")
    list_select_related = ("project",)
    search_fields = ("name__startswith",)
    search_by_uid = True
    ordering = ("-id",)


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    list_display = (
        *("filename", "preset", "status", "read", "created", "duplicates", "rejected"),
        *("created_at", "finished_at"),
    )
    list_filter = ("status", "preset")
    search_fields = ("filename__startswith",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("path", "lease_token")


@admin.register(ImportedPreference)
class ImportedPreferenceAdmin(ReadOnlyAdmin):
    list_display = ("id", "source", "row", "author", "strength", "created_at", "judged_at")
    list_select_related = ("source",)
    ordering = ("-id",)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("uid", "role", "start", "origin", "language", "revision", "created_at")
    list_filter = ("role", "origin", "project")
    list_select_related = ("revision__generator",)
    search_fields = ("uid__exact",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("content_hash", "thread_hash")

    @admin.display(description="text")
    def start(self, message: Message) -> str:
        """The first words, enough to recognise the message by."""
        return message.text[:80]


@admin.register(Thread)
class ThreadAdmin(ReadOnlyAdmin):
    list_display = ("id", "prompt_id")
    ordering = ("-id",)
    exclude = ("split_hash",)
