"""Models that answer prompts, and the immutable revisions that say how they were asked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.ids import new_uid


class Generator(models.Model):
    """A named author of responses; `collector.selectors.newest_revisions` says what is in force.

    The circuit breaker counts `failures` in a row. At too many the generator is paused:
    `paused_at` says since when, `pause_reason` why, `paused_until` when it is tried again by itself
    (null: by a person only). A generator that is not paused has none of the three.
    """

    class Provider(models.TextChoices):
        OPENAI = "openai", _("OpenAI-compatible server")
        TRANSFORMERS = "transformers", _("local model (transformers)")
        RECORDED = "recorded", _("recorded responses")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    pause_reason = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="generator_has_name"),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=False)
                | Q(paused_until__isnull=True, pause_reason=""),
                name="generator_says_why_paused",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GeneratorRevision(models.Model):
    """One immutable way of asking a model (a trigger refuses updates). Never holds a key.

    `provider` is one of `Generator.Provider` or a name that the operator gave a provider of their
    own (setting CONCORD_PROVIDERS). `key_alias` names an entry of CONCORD_MODEL_KEYS; `prices` are
    `{"input": …, "output": …}` in US dollars per million tokens. `api` is the protocol spoken to a
    server; `batch` asks through its Batch API (cheaper, within a day). `adapter` is a LoRA adapter
    over a local `model`. `context_window` is what the model reads and writes together, in tokens.
    """

    class Api(models.TextChoices):
        CHAT = "chat", _("chat completions")
        RESPONSES = "responses", _("responses")

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
    api = models.CharField(max_length=9, choices=Api, default=Api.CHAT)
    batch = models.BooleanField(default=False)
    adapter = models.CharField(max_length=300, blank=True)
    context_window = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generator", "number"], name="generator_revision_numbered"
            ),
            models.CheckConstraint(
                condition=Q(provider__regex=r"^[a-z][a-z0-9_]*$"), name="generator_provider_named"
            ),
            models.CheckConstraint(
                condition=Q(provider="recorded") | ~Q(model=""), name="generator_names_its_model"
            ),
            models.CheckConstraint(
                condition=Q(api__in=["chat", "responses"]), name="generator_api_known"
            ),
            models.CheckConstraint(
                condition=Q(provider="openai") | Q(api="chat", batch=False),
                name="generator_speaks_to_servers_only",
            ),
            models.CheckConstraint(
                condition=Q(provider="transformers") | Q(adapter=""),
                name="generator_adapts_local_models",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.generator} r{self.number}"
