"""What people are asked, what they answered, and the comparisons that follow from it."""

from labeling.models.adjudication import Adjudication
from labeling.models.care import ContentWarning, Letter, Report
from labeling.models.judges import Judge, Verdict
from labeling.models.judgments import Comparison, Judgment, ResponseRating, Span
from labeling.models.masks import Mask
from labeling.models.opinions import Opinion
from labeling.models.policies import GuidelineReading, GuidelineVersion, PolicyVersion
from labeling.models.snapshots import (
    AgreementSnapshot,
    LabelersSnapshot,
    LeaderboardSnapshot,
    ProjectCounts,
)
from labeling.models.standings import LabelerStanding, StandingChange
from labeling.models.task_jobs import TaskJob
from labeling.models.tasks import Candidate, ClaimCursor, Skip, Slot, Tally, Task
from labeling.models.training import GoldItem, QualificationAttempt

__all__ = [
    "Adjudication",
    "AgreementSnapshot",
    "Candidate",
    "ClaimCursor",
    "Comparison",
    "ContentWarning",
    "GoldItem",
    "GuidelineReading",
    "GuidelineVersion",
    "Judge",
    "Judgment",
    "LabelerStanding",
    "LabelersSnapshot",
    "LeaderboardSnapshot",
    "Letter",
    "Mask",
    "Opinion",
    "PolicyVersion",
    "ProjectCounts",
    "QualificationAttempt",
    "Report",
    "ResponseRating",
    "Skip",
    "Slot",
    "Span",
    "StandingChange",
    "Tally",
    "Task",
    "TaskJob",
    "Verdict",
]
