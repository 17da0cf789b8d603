"""Conversations: one tree of messages each.

A *prompt* is a user message, its *responses* are its assistant children, a *thread* is the path
from the root. Text is immutable (a trigger refuses changes other than blanking on deletion).
"""

from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models.generators import GeneratorRevision
from collector.models.projects import Project
from collector.models.sources import Source
from common.ids import new_uid

SEARCHED = 100_000  # characters of a text; more could make a list of words PostgreSQL refuses


def words_of(text: str = "text") -> SearchVector:
    """The words of a message as its search index holds them (`manage.py index_words`), of the
    named column.

    Words are taken as they are written, whatever the language: stems of one language would be
    wrong in the others, and code and names have none.
    """
    return SearchVector(Left(text, SEARCHED), config="simple")


class MessageQuerySet(models.QuerySet["Message"]):
    def prompts(self) -> "MessageQuerySet":
        """User messages that can be answered."""
        return self.filter(role=Message.Role.USER, deleted_at__isnull=True)

    def candidates(self) -> "MessageQuerySet":
        """Responses that may be shown for comparison: not deleted, and no edits."""
        return self.filter(role=Message.Role.ASSISTANT, deleted_at__isnull=True).exclude(
            origin=Message.Origin.EDIT
        )


class Message(models.Model):
    """One turn of a conversation. `root` is null for the root itself.

    `content_hash` is the SHA-256 of the normalised text, `thread_hash` that of the whole path and
    set for prompts only (`collector.text` computes both).
    """

    class Role(models.TextChoices):
        SYSTEM = "system", _("system")
        USER = "user", _("user")
        ASSISTANT = "assistant", _("assistant")

    class Origin(models.TextChoices):
        IMPORTED = "imported", _("imported")
        GENERATED = "generated", _("generated")
        HUMAN = "human", _("human")
        EDIT = "edit", _("edit")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="messages", db_index=False)
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", db_index=False
    )
    root = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="tree", db_index=False
    )
    depth = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=9, choices=Role)
    text = models.TextField()
    language = models.CharField(max_length=16, blank=True)
    content_hash = models.BinaryField(max_length=32)
    thread_hash = models.BinaryField(max_length=32, null=True)
    origin = models.CharField(max_length=9, choices=Origin)
    revision = models.ForeignKey(
        GeneratorRevision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,
    )
    labeler = models.ForeignKey(
        Labeler, models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    edits = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="edited_by", db_index=False
    )
    meta = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "thread_hash"],
                condition=Q(thread_hash__isnull=False),
                name="prompt_once_a_project",
            ),
            models.UniqueConstraint(
                fields=["parent", "revision", "labeler", "content_hash"],
                condition=Q(origin="imported", role="assistant"),
                nulls_distinct=False,
                name="imported_response_once_an_author",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["system", "user", "assistant"]), name="message_role_known"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["imported", "generated", "human", "edit"]),
                name="message_origin_known",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, root__isnull=True, depth=0)
                | Q(parent__isnull=False, root__isnull=False, depth__gt=0),
                name="message_root_has_no_parent",
            ),
            models.CheckConstraint(
                condition=Q(revision__isnull=True) | Q(labeler__isnull=True),
                name="message_one_author_at_most",
            ),
            models.CheckConstraint(
                condition=~Q(origin="generated") | Q(revision__isnull=False),
                name="message_generated_has_revision",
            ),
            models.CheckConstraint(
                condition=Q(origin="edit", edits__isnull=False)
                | (~Q(origin="edit") & Q(edits__isnull=True)),
                name="message_edit_names_original",
            ),
            models.CheckConstraint(
                condition=Q(role="user", thread_hash__isnull=False)
                | (~Q(role="user") & Q(thread_hash__isnull=True)),
                name="message_prompt_has_thread_hash",
            ),
            models.CheckConstraint(
                condition=~Q(text="") | Q(deleted_at__isnull=False), name="message_has_text"
            ),
            models.CheckConstraint(
                condition=Q(role="user") | Q(role="system") | Q(parent__isnull=False),
                name="message_response_has_prompt",
            ),
        ]
        # Partial, so that an imported prompt writes as few index entries as can be.
        indexes = [
            models.Index(
                fields=["parent", "id"],
                name="message_children",
                condition=Q(parent__isnull=False),
            ),
            models.Index(fields=["root"], name="message_tree", condition=Q(root__isnull=False)),
            models.Index(
                fields=["revision"],
                name="message_by_revision",
                condition=Q(revision__isnull=False),
            ),
            models.Index(
                fields=["labeler"], name="message_by_labeler", condition=Q(labeler__isnull=False)
            ),
            models.Index(fields=["edits"], name="message_edited", condition=Q(edits__isnull=False)),
            models.Index(F("project"), F("id"), name="prompt_list", condition=Q(role="user")),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.uid}"


class Thread(models.Model):
    """A prompt's conversation as stored JSON, so that exports join and never recurse.

    `messages` is `[{"role": …, "content": …}, …]` from the root to the prompt. `split_hash` is the
    SHA-256 of the normalised conversation; the train/test split is decided from it.
    """

    prompt = models.OneToOneField(Message, models.CASCADE, related_name="thread")
    messages = models.JSONField()
    split_hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"thread of {self.prompt_id}"
