"""What can go wrong between a labeler and a task."""

from common.errors import Busy, Conflict, DomainError, Gone, InvalidInput, NotAllowed


class LeaseExpired(Gone):
    """The lease ran out and the slot was given to somebody else meanwhile."""

    code = "lease_expired"


class LabelerGone(Gone):
    """The labeler erased their words or cut the link to them: nothing more is stored for them."""

    code = "labeler_gone"


class TooManySent(DomainError):
    """More letters or reports within an hour than one person may send."""

    code = "too_many_sent"
    status = 429


class TooManyHeld(Conflict):
    """The labeler holds as many tasks as one person may and asks for another."""

    code = "too_many_held"


class LimitReached(Conflict):
    """The labeler has done as much in the project as the policy lets one person do."""

    code = "limit_reached"


class DailyLimitReached(LimitReached):
    """They have done so for today; the day changes at midnight UTC."""

    code = "daily_limit_reached"


class SlotClosed(Conflict):
    """The slot was skipped or withdrawn; nothing can be done with it any more."""

    code = "slot_closed"


class EditWindowClosed(Conflict):
    """The judgment can no longer be corrected."""

    code = "edit_window_closed"


class SubmitKeyReused(Conflict):
    """The submit key was used before, for another answer."""

    code = "submit_key_reused"


class QueueBusy(Busy):
    """There is work, but others are taking it at this very moment."""

    code = "queue_busy"


class InvalidAnswer(InvalidInput):
    """A part of the answer breaks a rule; `attr` names it."""

    code = "invalid_answer"


class InvalidTiers(InvalidAnswer):
    """The tiers do not place every response exactly once."""

    code = "invalid_tiers"


class NotRanked(InvalidAnswer):
    """The answer neither ranks the responses nor says why they cannot be ranked."""

    code = "not_ranked"


class TrainingNeeded(NotAllowed):
    """No task is given before something else has happened; the training page says what."""


class NotQualified(TrainingNeeded):
    """The policy asks for a training that the labeler has not finished or not passed."""

    code = "not_qualified"


class Paused(TrainingNeeded):
    """A reviewer paused the labeler in this project."""

    code = "paused"


class Excluded(TrainingNeeded):
    """A reviewer excluded the labeler from the project."""

    code = "excluded"
