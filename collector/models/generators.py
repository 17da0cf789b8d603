"""Models that answer prompts, and the immutable revisions that say how they were asked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.ids import new_uid


class Generator(models.Model):
    """A named author of responses; `collector.selectors.newest_revisions` says what is in force."""

    class Provider(models.TextChoices):
        OPENAI = "openai", _("OpenAI-compatible server")
        TRANSFORMERS = "transformers", _("local model (transformers)")
        RECORDED = "recorded", _("recorded responses")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="generator_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class GeneratorRevision(models.Model):
    """One immutable way of asking a model (a trigger refuses updates). Never holds a key.

    `key_alias` names an entry of CONCORD_MODEL_KEYS; `prices` are
    `{"input": …, "output": …}` in US dollars per million tokens.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    generator = models.ForeignKey(Generator, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    provider = models.CharField(max_length=12, choices=Generator.Provider)
    model = models.CharField(max_length=300, blank=True)
    base_url = models.CharField(max_length=500, blank=True)
    key_alias = models.CharField(max_length=64, blank=True)
    system_prompt = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    prices = models.JSONField(default=dict, blank=True)
    limits = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generator", "number"], name="generator_revision_numbered"
            ),
            models.CheckConstraint(
                condition=Q(provider__in=["openai", "transformers", "recorded"]),
                name="generator_provider_known",
            ),
            models.CheckConstraint(
                condition=Q(provider="recorded") | ~Q(model=""), name="generator_names_its_model"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.generator} r{self.number}"
