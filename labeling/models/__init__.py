"""What people are asked, what they answered, and the comparisons that follow from it."""

from labeling.models.care import ContentWarning, Letter, Report
from labeling.models.judgments import Comparison, Judgment, ResponseRating, Span
from labeling.models.masks import Mask
from labeling.models.opinions import Opinion
from labeling.models.policies import GuidelineReading, GuidelineVersion, PolicyVersion
from labeling.models.tasks import Candidate, ClaimCursor, Skip, Slot, Task
from labeling.models.training import GoldItem, LabelerStanding, QualificationAttempt

__all__ = [
    "Candidate",
    "ClaimCursor",
    "Comparison",
    "ContentWarning",
    "GoldItem",
    "GuidelineReading",
    "GuidelineVersion",
    "Judgment",
    "LabelerStanding",
    "Letter",
    "Mask",
    "Opinion",
    "PolicyVersion",
    "QualificationAttempt",
    "Report",
    "ResponseRating",
    "Skip",
    "Slot",
    "Span",
    "Task",
]
