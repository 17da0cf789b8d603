"""A person's decision on a labeler: kept with what was known, and told to whom it is about."""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from collector.models import Project
from labeling.models import LabelerStanding
from labeling.services.checking import evidence_of, gold_accuracy
from labeling.services.policies import current_policy
from labeling.services.standings import WITH_REASON, set_standing, tell

State = LabelerStanding.State


@transaction.atomic
def decide(
    *, project: Project, labeler: Labeler, state: str, reason: str, decided_by: User
) -> LabelerStanding:
    """`set_standing` by a reviewer, with all checks up to then as evidence, and a letter.

    Deciding what is decided already changes and sends nothing. Raises what `set_standing` does.
    """
    standing = LabelerStanding.objects.filter(project=project, labeler=labeler).first()
    before = (standing.state, standing.reason) if standing else ("", "")
    policy = current_policy(project=project)
    known = gold_accuracy(project=project, labeler=labeler, policy=policy, standing=None)
    decided = set_standing(
        project=project,
        labeler=labeler,
        state=state,
        reason=reason,
        decided_by=decided_by,
        evidence=evidence_of(known, policy),
    )
    if (decided.state, decided.reason) != before:
        tell(decided, partial(_words, decided), writer=decided_by)
    return decided


def _words(standing: LabelerStanding) -> str:
    said = {
        State.WARNED: _(
            "A reviewer asks you to look again at how you work in this project. "
            "You can go on working."
        ),
        State.PAUSED: _(
            "A reviewer has paused your work in this project. What you have done stays."
        ),
        State.EXCLUDED: _(
            "A reviewer has ended your work in this project. Your answers are kept, but they are "
            "not used any more."
        ),
        State.ACTIVE: _("A reviewer has decided that you work in this project."),
        State.TRAINING: _("A reviewer has decided that you may take the test of this project."),
        State.FAILED: _("A reviewer has decided that you have not passed the test."),
    }[State(standing.state)]
    parts = [said]
    if standing.reason:
        parts.append(_("They wrote: “%s”") % standing.reason)
    if standing.state in WITH_REASON:
        parts.append(_("If you see it differently, write an appeal here: a person reads it."))
    return "\n\n".join(parts)
