"""Work to be given out: tasks, the slots they owe, and who will not be asked again."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import Message, Project
from common.ids import new_uid
from labeling.models.policies import GuidelineVersion, PolicyVersion


class Task(models.Model):
    """A question about one prompt. Compare tasks show the candidates and ask for tiers.

    The prompt is null for imported votes without texts alone, which owe nothing. `disagreement` is
    the entropy of the votes so far, from 0 (all the same) to 1, of the pair most disputed; null
    before the second vote. `surplus` is how many slots it has beyond those owed, since a judgment
    counts again that others were asked for in its stead (`labeling.services.excluding`).
    """

    class Kind(models.TextChoices):
        COMPARE = "compare", _("compare")
        REVIEW = "review", _("review")
        WRITE_PROMPT = "write_prompt", _("write a prompt")
        WRITE_REPLY = "write_reply", _("write a reply")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        COMPLETE = "complete", _("complete")
        VOID = "void", _("void")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="tasks", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.COMPARE)
    prompt = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="tasks")
    candidates = models.ManyToManyField(Message, through="Candidate", related_name="+")
    # Of the prompt; copied, as every claim asks for them.
    language = models.CharField(max_length=16, blank=True, db_default="")
    topics = ArrayField(models.CharField(max_length=64), default=list, db_default=[], blank=True)
    band = models.SmallIntegerField(default=0)  # lower bands are served first
    selection_probability = models.FloatField(null=True, blank=True)
    disagreement = models.FloatField(null=True, blank=True)
    repeats = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="repeated_by", db_index=False
    )
    reserved_for = models.ForeignKey(
        Labeler, models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    surplus = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["compare", "review", "write_prompt", "write_reply"]),
                name="task_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "complete", "void"]), name="task_state_known"
            ),
            models.CheckConstraint(
                condition=Q(repeats__isnull=True) | Q(reserved_for__isnull=False),
                name="task_repeat_is_reserved",
            ),
            models.CheckConstraint(
                condition=Q(selection_probability__isnull=True)
                | Q(selection_probability__gt=0, selection_probability__lte=1),
                name="task_probability_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(prompt__isnull=False) | Q(state="complete", kind="compare"),
                name="task_without_prompt_owes_nothing",
            ),
            models.CheckConstraint(
                condition=Q(disagreement__isnull=True)
                | Q(disagreement__gte=0, disagreement__lte=1),
                name="task_disagreement_0_to_1",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state", "id"], name="task_by_state"),
            models.Index(
                fields=["repeats"], name="task_repeats", condition=Q(repeats__isnull=False)
            ),
            models.Index(
                fields=["reserved_for"],
                name="task_reserved",
                condition=Q(reserved_for__isnull=False),
            ),
            models.Index(
                fields=["project"],
                name="task_chosen",
                condition=Q(selection_probability__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} task {self.uid}"

    @property
    def about(self) -> Message:
        """The prompt, of a task that has one."""
        if self.prompt is None:
            raise ValueError(f"{self} has no prompt")
        return self.prompt

    @property
    def about_id(self) -> int:
        """The id of `about`."""
        if self.prompt_id is None:
            raise ValueError(f"{self} has no prompt")
        return self.prompt_id


class Candidate(models.Model):
    """A response that a task compares. A response is in one task; hidden repeats aside."""

    task = models.ForeignKey(Task, models.CASCADE, db_index=False)
    response = models.ForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    ordinal = models.PositiveSmallIntegerField()
    repeat = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "ordinal"], name="candidate_numbered"),
            models.UniqueConstraint(fields=["task", "response"], name="candidate_once_a_task"),
            models.UniqueConstraint(
                fields=["response"], condition=Q(repeat=False), name="candidate_in_one_task"
            ),
        ]
        indexes = [
            models.Index(fields=["response"], name="candidate_repeated", condition=Q(repeat=True)),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.response_id}"


class Slot(models.Model):
    """One judgment owed. The row that is locked and handed out; never a shared counter.

    `order` is the permutation shown: message ids from the first place to the last, fixed when the
    slot is granted, as are the versions of the policy and guidelines that it is judged by.
    `project`, `band` and `seq` repeat the task's place in the queue so that the
    claim reads one index; re-opening takes a new `seq`. The uid tells no time, unlike others: its
    labeler would learn from it what others did (`labeling.services.build_sql.SLOT_UID`).
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        LEASED = "leased", _("leased")
        SUBMITTED = "submitted", _("submitted")
        SKIPPED = "skipped", _("skipped")
        VOID = "void", _("void")

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="slots", db_index=False)
    ordinal = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    labeler = models.ForeignKey(
        Labeler, models.PROTECT, null=True, blank=True, related_name="slots", db_index=False
    )
    order = ArrayField(models.BigIntegerField(), null=True, blank=True)
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    guideline_version = models.ForeignKey(
        GuidelineVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    granted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    band = models.SmallIntegerField(default=0)
    seq = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "ordinal"], name="slot_numbered"),
            models.UniqueConstraint(
                fields=["task", "labeler"],
                condition=Q(labeler__isnull=False),
                name="slot_once_a_labeler",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "leased", "submitted", "skipped", "void"]),
                name="slot_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(labeler__isnull=True), name="slot_open_is_nobodys"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "void"])
                | Q(
                    labeler__isnull=False,
                    order__isnull=False,
                    granted_at__isnull=False,
                    expires_at__isnull=False,
                ),
                name="slot_granted_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="leased") | Q(policy_version__isnull=False),
                name="slot_lease_has_a_policy",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("granted_at")),
                name="slot_expires_after_grant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "band", "seq"], name="slot_queue", condition=Q(state="open")
            ),
            models.Index(
                fields=["project", "expires_at"],
                name="slot_leases",
                condition=Q(state="leased"),
            ),
            models.Index(
                fields=["labeler", "project"], name="slot_held", condition=Q(state="leased")
            ),
            models.Index(
                fields=["labeler"], name="slot_by_labeler", condition=Q(labeler__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.uid} ({self.state})"


class ClaimCursor(models.Model):
    """How far a labeler's claims have passed slots that are for ever ineligible for them.

    A hint only: "no task" is never said before the queue was read without it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="+", db_index=False)
    band = models.SmallIntegerField(default=0)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["labeler", "project", "band"], name="claim_cursor_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.labeler_id} in {self.project_id}: {self.seq}"


class Tally(models.Model):
    """How much a labeler has done in a project, so that a claim need not count it.

    Answers that stand count, hidden checks among them, and those of the training do not. `today`
    is of the day (UTC) of the newest.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="+", db_index=False)
    total = models.PositiveIntegerField(default=0)
    day = models.DateField()
    today = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["labeler", "project"], name="tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.labeler_id} in {self.project_id}: {self.total}"


class Skip(models.Model):
    """A labeler passed a task, or let its lease expire; it does not come back to them."""

    class Reason(models.TextChoices):
        UNCLEAR = "unclear", _("the prompt is unclear")
        EXPERTISE = "expertise", _("I lack the expertise")
        LANGUAGE = "language", _("not in my languages")
        HARMFUL = "harmful", _("the content is upsetting or harmful")
        BROKEN = "broken", _("the task is broken")
        OTHER = "other", _("another reason")
        EXPIRED = "expired", _("the lease expired")

    task = models.ForeignKey(Task, models.CASCADE, related_name="skips", db_index=False)
    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="skips", db_index=False)
    reason = models.CharField(max_length=9, choices=Reason)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["labeler", "task"], name="skip_once_a_task"),
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "unclear",
                        "expertise",
                        "language",
                        "harmful",
                        "broken",
                        "other",
                        "expired",
                    ]
                ),
                name="skip_reason_known",
            ),
        ]
        indexes = [models.Index(fields=["task"], name="skip_by_task")]

    def __str__(self) -> str:
        return f"{self.labeler_id} skipped {self.task_id}: {self.reason}"
