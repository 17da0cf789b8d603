"""Who uses Concord: users sign in, labelers judge. Judgments and texts point to labelers only."""

from typing import ClassVar

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.ids import new_pseudonym, new_uid


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address; the address is stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A new account. With a password its address is the word of whoever made it, and counts.

        Without one the person gets in by mail to the address, or by a service that verified it.
        """
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            if password is not None:
                addresses = apps.get_model("account", "EmailAddress").objects
                addresses.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, by e-mail address. Roles live in `collector.Membership`."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may enter the admin site"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    invited_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="invited"
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.split("@")[0]


class HandedToken(models.Model):
    """A token of an account that somebody else received when adding the account to a project.

    It is good only while its issuer may hold it (`collector.governing`); without this row a token
    is the account's own. Once the issuer is deleted nobody may.
    """

    token = models.OneToOneField(
        "knox.AuthToken", models.CASCADE, primary_key=True, related_name="handed"
    )
    issuer = models.ForeignKey(User, models.SET_NULL, null=True, related_name="handed_tokens")

    def __str__(self) -> str:
        return f"{self.token.user} · {self.issuer}"


class PersonalToken(models.Model):
    """What a person calls a token of theirs, what it is good for, and when it was used last.

    A token without this row is good for everything: `manage.py create_token` made it, or it was
    handed on (`HandedToken`). `used_at` is as exact as `accounts.tokens.USE_NOTED_EVERY`.
    """

    class Scope(models.TextChoices):
        READ = "read", _("read only")
        LABEL = "label", _("judge, and nothing else")
        ALL = "all", _("everything that I may do")

    token = models.OneToOneField(
        "knox.AuthToken", models.CASCADE, primary_key=True, related_name="personal"
    )
    name = models.CharField(_("name"), max_length=100)
    scope = models.CharField(_("scope"), max_length=5, choices=Scope)
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["read", "label", "all"]), name="token_scope_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="token_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Labeler(models.Model):
    """The pseudonymous author of judgments and texts. Erasing a person cuts the link to `user`.

    `known_as` is what an imported source calls whoever judged there, "" for everybody else. It is
    for those who look after a project's judgments, and never in an export.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        MACHINE = "machine", _("machine")
        IMPORTED = "imported", _("imported")
        SIMULATED = "simulated", _("simulated")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    pseudonym = models.CharField(max_length=64, unique=True, default=new_pseudonym)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.PERSON)
    known_as = models.CharField(max_length=200, blank=True, db_default="")
    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="labeler"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["person", "machine", "imported", "simulated"]),
                name="labeler_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="person") | Q(user__isnull=True), name="labeler_user_is_a_person"
            ),
            models.CheckConstraint(
                condition=Q(kind="imported") | Q(known_as=""), name="labeler_known_as_is_imported"
            ),
            models.CheckConstraint(condition=~Q(pseudonym=""), name="labeler_has_pseudonym"),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class ContentCategory(models.TextChoices):
    """What a text can be warned of."""

    SEXUAL = "sexual", _("sexual content")
    VIOLENCE = "violence", _("violence")
    HATE = "hate", _("hate speech")
    SELF_HARM = "self_harm", _("self-harm")
    OTHER = "other", _("other upsetting content")


class Preferences(models.Model):
    """How a labeler likes to work. Nothing here is part of any dataset.

    `languages` and `topics` say which tasks they want; empty means every one. `keys` maps actions
    of the page to keys (checked by `labeling.keymap`). `shown_categories` are the content
    warnings they do not need.
    """

    labeler = models.OneToOneField(
        Labeler, models.CASCADE, primary_key=True, related_name="preferences"
    )
    interface_language = models.CharField(max_length=16, blank=True)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    topics = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    keys = models.JSONField(default=dict, blank=True)
    shown_categories = ArrayField(
        models.CharField(max_length=9, choices=ContentCategory), default=list, blank=True
    )
    daily_goal = models.PositiveSmallIntegerField(default=0)
    show_streak = models.BooleanField(default=True)
    break_minutes = models.PositiveSmallIntegerField(default=50)

    class Meta:
        verbose_name = verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"preferences of {self.labeler_id}"


class Consent(models.Model):
    """A labeler accepted one version of the terms; needed before the first task."""

    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="consents")
    version = models.CharField(max_length=32)
    accepted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["labeler", "version"], name="consent_once_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.labeler} · {self.version}"
