"""What a labeler may answer, and what of it makes sense for the task at hand. No ORM."""

from labeling.answers.answer import Answer, Checked, Edit, Mark, Rating
from labeling.answers.form import SECONDS_MAX, check_form
from labeling.answers.modes import check_answer
from labeling.questions import PLACES_MAX, RATIONALE_MAX, REASON_MAX

__all__ = [
    "PLACES_MAX",
    "RATIONALE_MAX",
    "REASON_MAX",
    "SECONDS_MAX",
    "Answer",
    "Checked",
    "Edit",
    "Mark",
    "Rating",
    "check_answer",
    "check_form",
]
