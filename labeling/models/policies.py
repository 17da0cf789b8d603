"""The rules of a project's tasks. A change is a new version; triggers refuse updates."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import Project


class Mode(models.TextChoices):
    """Judgement modes a policy can switch on (see docs/judging.md for their answers).

    Exactly one of ORDERINGS says how the responses are ordered; the others ask for more.
    """

    RANK = "rank", _("rank the responses, ties allowed")
    BEST = "best", _("choose the best of the responses")
    PAIR = "pair", _("choose between two: left, right, tie or both bad")
    PAIR_7 = "pair_7", _("compare two on seven points, or neither is valid")
    STRENGTH = "strength", _("strength of the preference between the best two")
    CONFIDENCE = "confidence", _("confidence in the choice between two, 1 to 9")
    SAFETY = "safety", _("which of the two is safe, before the preference")
    OVERALL = "overall", _("overall rating of each response, 1 to 7")
    ATTRIBUTES = "attributes", _("five attributes of each response, 0 to 4")
    FLAGS = "flags", _("flags of each response, yes or no")
    LABELS = "labels", _("message labels of each response, as Open-Assistant asks them")
    SPANS = "spans", _("marked stretches of the responses, with a label and a note")
    EDIT = "edit", _("a better version of the best response")
    RATIONALE = "rationale", _("a reason in free text")


ORDERINGS = (Mode.RANK, Mode.BEST, Mode.PAIR, Mode.PAIR_7)
OF_TWO = (Mode.PAIR, Mode.PAIR_7, Mode.CONFIDENCE, Mode.SAFETY)  # make sense for K = 2 only


def _one_ordering() -> Q:
    condition = Q()
    for mode in ORDERINGS:
        others = [other.value for other in ORDERINGS if other != mode]
        condition |= Q(modes__contains=[mode.value]) & ~Q(modes__overlap=others)
    return condition


def flags_kept_out() -> list[str]:
    """Kinds of `MessageFlag` whose responses make no tasks unless a policy says otherwise."""
    return ["repetitive", "truncated"]


class Selection(models.TextChoices):
    """Which responses of a prompt become a task (see docs/selection.md)."""

    ALL = "all", _("all of them, as they come")
    ARENA = "arena", _("pairs whose interval one vote narrows most")
    D_OPTIMAL = "d_optimal", _("pairs that shrink the joint uncertainty most")
    CROWD_BT = "crowd_bt", _("pairs that teach most, of models and of labelers")


class PolicyVersion(models.Model):
    """How a project's tasks are made and given out. The newest version is in force.

    `responses` is K, the responses a task compares; `overlap` the judgments each task is owed.
    `span_labels` are what a marked stretch can be called. Before their first task labelers work
    through `practice_items` with feedback, then answer `qualification_items` without, of which
    they must get `qualification_share` right in one of `qualification_attempts`; 0 asks for none.
    Messages with a standing flag of one of `excluded_flags` are kept out of new tasks.

    Overlap is adaptive where `escalation` names further numbers of judgments, ascending and above
    `overlap`: a task whose votes disagree is owed more, step by step, until the posterior
    probability of its leading answer reaches `stop_confidence`. `gold_share` of what a labeler is
    given are hidden items with a known answer, each once; they are evaluated from
    `gold_evaluated_from` answers on against `gold_minimum`. `repeat_share` are the labeler's own
    earlier tasks in the reverse order. A labeler judges at most `daily_judgments` a day (UTC) and
    `most_judgments` in all; 0 is without limit. `selection` says which pairs become tasks;
    active ones make `selection_tasks` at a time, as votes come in. `show_opinions` shows what
    machine judges think, after one has answered.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="policies")
    number = models.PositiveIntegerField()
    modes = ArrayField(models.CharField(max_length=16, choices=Mode))
    responses = models.PositiveSmallIntegerField(default=4)
    overlap = models.PositiveSmallIntegerField(default=1)
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    edit_window_minutes = models.PositiveSmallIntegerField(default=10)
    span_labels = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    excluded_flags = ArrayField(models.CharField(max_length=16), default=flags_kept_out, blank=True)
    practice_items = models.PositiveSmallIntegerField(default=0)
    qualification_items = models.PositiveSmallIntegerField(default=0)
    qualification_share = models.FloatField(default=0.75)
    qualification_attempts = models.PositiveSmallIntegerField(default=2)
    escalation = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    stop_confidence = models.FloatField(default=0.85)
    gold_share = models.FloatField(default=0.0)
    gold_evaluated_from = models.PositiveSmallIntegerField(default=10)
    gold_minimum = models.FloatField(default=0.75)
    repeat_share = models.FloatField(default=0.0)
    daily_judgments = models.PositiveIntegerField(default=0)
    most_judgments = models.PositiveIntegerField(default=0)
    selection = models.CharField(max_length=9, choices=Selection, default=Selection.ALL)
    selection_tasks = models.PositiveIntegerField(default=100)
    show_opinions = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="policy_numbered"),
            models.CheckConstraint(
                condition=Q(responses__gte=2, responses__lte=9), name="policy_responses_2_to_9"
            ),
            models.CheckConstraint(
                condition=Q(overlap__gte=1, overlap__lte=50), name="policy_overlap_1_to_50"
            ),
            models.CheckConstraint(
                condition=Q(lease_minutes__gte=1), name="policy_lease_at_least_a_minute"
            ),
            models.CheckConstraint(condition=_one_ordering(), name="policy_one_ordering"),
            models.CheckConstraint(
                condition=Q(responses=2) | ~Q(modes__overlap=[mode.value for mode in OF_TWO]),
                name="policy_modes_of_two",
            ),
            models.CheckConstraint(
                condition=Q(qualification_share__gte=0, qualification_share__lte=1),
                name="policy_qualification_share_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(qualification_items=0) | Q(qualification_attempts__gte=1),
                name="policy_qualification_can_be_tried",
            ),
            models.CheckConstraint(
                condition=Q(stop_confidence__gt=0.5, stop_confidence__lt=1),
                name="policy_stop_confidence_above_half",
            ),
            models.CheckConstraint(
                condition=Q(gold_share__gte=0, gold_share__lte=0.5),
                name="policy_gold_share_0_to_half",
            ),
            models.CheckConstraint(
                condition=Q(repeat_share__gte=0, repeat_share__lte=0.5),
                name="policy_repeat_share_0_to_half",
            ),
            models.CheckConstraint(
                condition=Q(gold_minimum__gte=0, gold_minimum__lte=1),
                name="policy_gold_minimum_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(selection__in=["all", "arena", "d_optimal", "crowd_bt"]),
                name="policy_selection_known",
            ),
            models.CheckConstraint(
                condition=Q(selection="all") | Q(responses=2, selection_tasks__gte=1),
                name="policy_selection_is_of_pairs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} policy {self.number}"


class GuidelineVersion(models.Model):
    """What labelers are told, in Markdown. The newest version is in force."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="guideline_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.project} guidelines {self.number}"


class GuidelineReading(models.Model):
    """A labeler said that they have read a version; what changed since is shown to them."""

    version = models.ForeignKey(GuidelineVersion, models.CASCADE, related_name="readings")
    labeler = models.ForeignKey(
        Labeler, models.CASCADE, related_name="guideline_readings", db_index=False
    )
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["labeler", "version"], name="guideline_read_once"),
        ]

    def __str__(self) -> str:
        return f"{self.labeler_id} read {self.version_id}"
