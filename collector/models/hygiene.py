"""What is wrong with a message, as far as a machine can tell, and what people decided of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collector.models.messages import Message


class MessageFlag(models.Model):
    """One finding about one message. It stands until a person dismisses it, and can be restored.

    `detail` says what was found (`{"of": uid, "similarity": 0.93}`, `{"spans": [[0, 12]]}` …).
    Policies name the kinds whose messages are kept out of tasks.
    """

    class Kind(models.TextChoices):
        NEAR_DUPLICATE = "near_duplicate", _("near duplicate")
        PII = "pii", _("personal data")
        REPETITIVE = "repetitive", _("repeats itself")
        REFUSAL = "refusal", _("refuses to answer")
        TRUNCATED = "truncated", _("cut off")
        WRONG_LANGUAGE = "wrong_language", _("other language than the prompt")

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="message_flags", db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], name="flag_once_a_message"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "near_duplicate",
                        "pii",
                        "repetitive",
                        "refusal",
                        "truncated",
                        "wrong_language",
                    ]
                ),
                name="flag_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of message {self.message_id}"


class PromptSignature(models.Model):
    """The MinHash bands of a prompt: two prompts that share one are near duplicates' candidates."""

    prompt = models.OneToOneField(
        Message, models.CASCADE, primary_key=True, related_name="signature"
    )
    project_id = models.BigIntegerField()
    bands = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="signature_bands")]

    def __str__(self) -> str:
        return f"signature of message {self.prompt_id}"
