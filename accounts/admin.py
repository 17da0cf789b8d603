"""Admin of people. Accounts are made and changed here; pseudonyms and consents are read."""

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, Labeler, Preferences, User
from accounts.services import create_user
from common.admin import ReadOnlyAdmin, ServiceAdmin

# Roles are memberships of projects. What people sign in with is theirs to look after; services to
# sign in by come from the environment.
for _theirs in (
    *(Group, EmailAddress, EmailConfirmation, Authenticator),
    *(SocialAccount, SocialApp, SocialToken),
):
    if admin.site.is_registered(_theirs):
        admin.site.unregister(_theirs)


class NewUserForm(forms.ModelForm):  # type: ignore[type-arg]
    password = forms.CharField(
        label=_("password"),
        required=False,
        widget=forms.PasswordInput,
        help_text=_("Empty: the person chooses one by “Forgot your password?”."),
    )

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()  # as accounts are stored


@admin.register(User)
class UserAdmin(ServiceAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email__istartswith", "name__istartswith")
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "date_joined", "last_login")
    readonly_fields = ("email", "date_joined", "last_login")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs |= {"form": NewUserForm, "fields": ("email", "name", "password")}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.fields if obj else ("email", "name", "password")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def save_model(
        self, request: HttpRequest, obj: User, form: "forms.ModelForm[User]", change: bool
    ) -> None:
        if change:
            obj.save(update_fields=["name", "is_active", "is_staff", "is_superuser"])
            return
        made = create_user(
            email=obj.email, name=obj.name, password=form.cleaned_data["password"] or None
        )
        obj.pk = made.pk


@admin.register(Labeler)
class LabelerAdmin(ReadOnlyAdmin):
    """Pseudonyms. Whose they are is not shown in the list, so that browsing reveals nobody."""

    list_display = ("pseudonym", "kind", "created_at")
    list_filter = ("kind",)
    search_fields = ("pseudonym__startswith",)
    search_by_uid = True
    ordering = ("-id",)
    fields = ("uid", "pseudonym", "kind", "created_at")


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    list_display = ("labeler", "interface_language", "languages", "topics")
    list_select_related = ("labeler",)
    ordering = ("-labeler_id",)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("labeler", "version", "accepted_at")
    list_filter = ("version",)
    list_select_related = ("labeler",)
    search_fields = ("labeler__pseudonym__exact",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        queryset: QuerySet[Consent] = super().get_queryset(request).select_related("labeler")
        return queryset
