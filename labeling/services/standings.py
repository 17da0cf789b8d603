"""Where labelers stand in a project: decided under a lock, kept step by step with the evidence."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Labeler, Preferences, User
from collector.models import Project
from common.errors import InvalidInput, NotAllowed
from labeling.locks import no_claim
from labeling.models import LabelerStanding, Letter, StandingChange
from labeling.services.excluding import follow_at_once
from labeling.services.noticing import tell_of_pause

State = LabelerStanding.State
REASON_MAX = 2_000
Words = Callable[[], str]
AUTOMATIC = {"automatic": True}  # of a step that no person decided
WITH_REASON = (State.WARNED, State.PAUSED, State.EXCLUDED)  # the labeler reads it


@transaction.atomic
def set_standing(
    *,
    project: Project,
    labeler: Labeler,
    state: str,
    reason: str = "",
    decided_by: User | None = None,
    evidence: dict[str, Any] | None = None,
) -> LabelerStanding:
    """A reviewer's decision: warn somebody, pause or exclude them, let them work (again), or let
    them try the test once more (training). The same decision twice is one.

    Raises InvalidInput; what is held against somebody needs a reason, which they read. Raises
    NotAllowed for a decision on oneself.
    """
    if state not in State.values:
        raise InvalidInput(_("The state is one of %s.") % ", ".join(State.values), attr="state")
    if len(reason) > REASON_MAX or "\0" in reason:
        raise InvalidInput(
            _("A reason is at most %d characters of text.") % REASON_MAX, attr="reason"
        )
    reason = reason.strip()
    if state in WITH_REASON and not reason:
        raise InvalidInput(_("Say why: the labeler reads it."), attr="reason")
    if decided_by is not None and labeler.user_id == decided_by.pk:
        raise NotAllowed(_("Nobody decides on their own standing."))
    if state == State.EXCLUDED:
        no_claim(labeler_id=labeler.pk)  # what is being claimed at this moment is seen below
    standing = lock_standing(project, labeler)
    if (standing.state, standing.reason) == (state, reason):
        return standing
    before = standing.state
    move(standing, State(state), reason, decided_by=decided_by, evidence=evidence)
    if State.EXCLUDED in (before, state):
        follow_at_once(standing)
    return standing


def lock_standing(project: Project, labeler: Labeler) -> LabelerStanding:
    """The standing, made on first use, locked to the end of the transaction."""
    LabelerStanding.objects.get_or_create(
        project=project, labeler=labeler, defaults={"state": State.TRAINING}
    )
    return LabelerStanding.objects.select_for_update(no_key=True).get(
        project=project, labeler=labeler
    )


def move(
    standing: LabelerStanding,
    state: State,
    reason: str = "",
    *,
    decided_by: User | None = None,
    evidence: dict[str, Any] | None = None,
) -> LabelerStanding:
    """Change a locked standing, and keep the step."""
    before = standing.state
    standing.state, standing.reason = state, reason
    standing.save(update_fields=["state", "reason", "changed_at"])
    change = StandingChange.objects.create(
        standing=standing,
        before=before,
        after=state,
        reason=reason,
        evidence=evidence or {},
        decided_by=decided_by,
    )
    # By the database's clock, as the answers that are weighed against it.
    StandingChange.objects.filter(pk=change.pk).update(created_at=clock())
    if state == State.PAUSED:
        tell_of_pause(change)
    return standing


def tell(standing: LabelerStanding, words: Words, *, writer: User | None = None) -> None:
    """A letter from the reviewers, if there is somebody to read it."""
    if standing.labeler.user_id is None:
        return
    Letter.objects.create(
        project_id=standing.project_id,
        labeler_id=standing.labeler_id,
        writer=writer,
        from_labeler=False,
        text=in_their_language(standing.labeler, words),
    )


def in_their_language(labeler: Labeler, words: Words) -> str:
    """What `words` says while the labeler's language is in force."""
    preferences = Preferences.objects.filter(labeler=labeler).first()
    language = preferences.interface_language if preferences else ""
    with translation.override(language or settings.LANGUAGE_CODE):
        return words()


def clock() -> datetime:
    """The time by the database's clock, which stamps everything else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
