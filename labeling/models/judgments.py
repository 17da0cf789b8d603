"""What labelers said. Tiers are the truth; comparisons are derived and can be rebuilt."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import Generator, Message, Project
from common.ids import new_uid
from labeling.models.policies import GuidelineVersion, PolicyVersion
from labeling.models.tasks import Slot, Task


class Purpose(models.TextChoices):
    """Why a judgment was asked for; exports and leaderboards choose by it."""

    WORK = "work", _("work")
    REPEAT = "repeat", _("repeat")
    GOLD = "gold", _("gold")
    PRACTICE = "practice", _("practice")
    QUALIFICATION = "qualification", _("qualification")
    ADJUDICATION = "adjudication", _("adjudication")
    MACHINE = "machine", _("machine")
    IMPORTED = "imported", _("imported")
    SIMULATED = "simulated", _("simulated")
    RECONSIDERED = "reconsidered", _("reconsidered")


# An expert answered before, and nobody owed the answer: these are no work done.
TRAINING = (Purpose.PRACTICE, Purpose.QUALIFICATION)
# What is no work done beside these: a second thought on an answer that counts already.
NO_WORK = (*TRAINING, Purpose.RECONSIDERED)
PURPOSES = Purpose.values  # a nested Meta cannot see the class around it


class Judgment(models.Model):
    """One labeler's answer to one task, never changed: a correction supersedes and retires it.

    `tiers` holds message ids, best first, ties together: `[[12], [10, 11]]`; null where no
    response was acceptable (`not_rankable` says why). `order` is what was shown, first place
    first. `strength` is 0 (negligibly) to 3 (significantly better). `seconds` is the time the
    labeler worked. `body_hash` is the SHA-256 of the submitted body, so that the same body twice
    under one `submit_key` is the same submission.

    An imported vote without texts names models instead: `order` and `tiers` hold generator ids, and
    its task has no prompt. `origin` is what an imported row says of itself and no other field
    holds. A judgment of purpose `reconsidered` is what a labeler said after a machine's opinion
    was shown to them; it counts beside nothing, and their own answer before stays.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="judgments")
    slot = models.ForeignKey(
        Slot, models.PROTECT, null=True, blank=True, related_name="judgments", db_index=False
    )
    labeler = models.ForeignKey(Labeler, models.PROTECT, related_name="judgments", db_index=False)
    purpose = models.CharField(max_length=13, choices=Purpose, default=Purpose.WORK)
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    guideline_version = models.ForeignKey(
        GuidelineVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    tiers = models.JSONField(null=True, blank=True)
    not_rankable = models.TextField(null=True, blank=True)  # noqa: DJ001 - null means rankable
    strength = models.PositiveSmallIntegerField(null=True, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    rationale = models.TextField(blank=True)
    edit = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="written_in"
    )
    order = ArrayField(models.BigIntegerField())
    seconds = models.FloatField(null=True, blank=True)
    submit_key = models.CharField(max_length=64)
    body_hash = models.BinaryField(max_length=32)
    origin = models.JSONField(null=True, blank=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    created_at = models.DateTimeField()  # clock_timestamp() under the project's write lock
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["labeler", "submit_key"], name="judgment_submitted_once"
            ),
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(retired_at__isnull=True, slot__isnull=False),
                name="judgment_one_a_slot",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=PURPOSES), name="judgment_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(tiers__isnull=False, not_rankable__isnull=True)
                | Q(tiers__isnull=True, not_rankable__isnull=False),
                name="judgment_ranks_or_says_why_not",
            ),
            models.CheckConstraint(
                condition=Q(strength__isnull=True) | Q(strength__lte=3),
                name="judgment_strength_0_to_3",
            ),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True) | Q(seconds__gte=0),
                name="judgment_seconds_positive",
            ),
            models.CheckConstraint(
                condition=~Q(purpose="work") | Q(slot__isnull=False),
                name="judgment_work_has_slot",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("created_at")),
                name="judgment_retired_after_creation",
            ),
        ]
        indexes = [models.Index(fields=["labeler", "-created_at"], name="judgment_by_labeler")]

    def __str__(self) -> str:
        return f"judgment {self.uid}"


class ResponseRating(models.Model):
    """What was said of one response by itself; what was not answered is absent.

    `overall` is 1 to 7, `attributes` map names to 0 to 4, `flags` names to yes or no, `labels`
    names to yes or no or to one of five steps from 0 to 1 (see `labeling.questions`).
    """

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="ratings", db_index=False)
    response = models.ForeignKey(Message, models.CASCADE, related_name="ratings")
    overall = models.PositiveSmallIntegerField(null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    flags = models.JSONField(default=dict, db_default={}, blank=True)
    labels = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judgment", "response"], name="rating_once_a_response"),
            models.CheckConstraint(
                condition=Q(overall__isnull=True) | Q(overall__gte=1, overall__lte=7),
                name="rating_overall_1_to_7",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judgment_id}: {self.response_id}"


class Span(models.Model):
    """A stretch of a response's text, from character `start` to before `end`, with a label."""

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="spans")
    response = models.ForeignKey(Message, models.CASCADE, related_name="spans")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    label = models.CharField(max_length=64)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="span_not_empty"),
            models.CheckConstraint(condition=~Q(label=""), name="span_has_label"),
        ]

    def __str__(self) -> str:
        return f"{self.judgment_id}: {self.response_id} {self.start}-{self.end} {self.label}"


class Comparison(models.Model):
    """One pair of one judgment, written in its transaction. `first` is the lower message id.

    Which side won is `outcome` alone; `first_shown_before` says whether the labeler saw `first`
    in an earlier place. Texts are null only where an imported source has votes without texts;
    generators are null for human authors.

    The other references are copies of what the judgment and the messages hold, for readers that
    must not join; only the originals are checked by the database, since checking the copies of all
    pairs again cost half of a submit's time there.
    """

    class Outcome(models.TextChoices):
        FIRST = "first", _("first")
        SECOND = "second", _("second")
        TIE = "tie", _("tie")
        BOTH_BAD = "both_bad", _("both bad")

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="comparisons")
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    labeler = models.ForeignKey(
        Labeler, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    prompt = models.ForeignKey(
        Message,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    first = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    second = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    first_generator = models.ForeignKey(
        Generator,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    second_generator = models.ForeignKey(
        Generator,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    outcome = models.CharField(max_length=8, choices=Outcome)
    strength = models.PositiveSmallIntegerField(null=True, blank=True)
    first_shown_before = models.BooleanField()
    purpose = models.CharField(max_length=13, choices=Purpose)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judgment", "first", "second"], name="comparison_once_a_pair"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["first", "second", "tie", "both_bad"]),
                name="comparison_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=PURPOSES), name="comparison_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(first__isnull=False, second__isnull=False, prompt__isnull=False)
                | Q(first__isnull=True, second__isnull=True, purpose="imported"),
                name="comparison_texts_null_for_imports_only",
            ),
            models.CheckConstraint(
                condition=Q(first__isnull=True) | Q(second__gt=F("first")),
                name="comparison_first_is_lower",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="comparison_by_project"),
            # What figures depend on besides new rows: when one was taken out of force last.
            models.Index(
                fields=["project", "retired_at"],
                name="comparison_retired",
                condition=Q(retired_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} / {self.second_id}: {self.outcome}"
