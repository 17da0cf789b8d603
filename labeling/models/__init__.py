"""What people are asked, what they answered, and the comparisons that follow from it."""

from labeling.models.judgments import Comparison, Judgment, ResponseRating
from labeling.models.policies import GuidelineVersion, PolicyVersion
from labeling.models.tasks import Candidate, ClaimCursor, Skip, Slot, Task

__all__ = [
    "Candidate",
    "ClaimCursor",
    "Comparison",
    "GuidelineVersion",
    "Judgment",
    "PolicyVersion",
    "ResponseRating",
    "Skip",
    "Slot",
    "Task",
]
