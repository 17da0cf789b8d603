"""Letters between a project's reviewers and one labeler, whom they know by pseudonym only."""

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from collector.models import Project
from common.errors import InvalidInput
from labeling.models import Letter
from labeling.services.noticing import tell_of_appeal
from labeling.services.sparing import check_may_send

TEXT_MAX = 5_000


@transaction.atomic
def write_letter(
    *, project: Project, labeler: Labeler, text: str, kind: str = Letter.Kind.MESSAGE
) -> Letter:
    """From the labeler to the project's reviewers; an appeal asks them for a decision.

    Raises InvalidInput (`attr` is the field at fault) for an empty or endless text, and
    TooManySent.
    """
    if kind not in Letter.Kind.values:
        raise InvalidInput(_("Choose what you are writing."), attr="kind")
    text = _checked(text)
    check_may_send(labeler=labeler, sent=Letter.objects.filter(from_labeler=True))
    letter = Letter.objects.create(
        project=project, labeler=labeler, from_labeler=True, kind=kind, text=text
    )
    if kind == Letter.Kind.APPEAL:
        tell_of_appeal(letter)
    return letter


def answer_letter(*, project: Project, labeler: Labeler, writer: User, text: str) -> Letter:
    """From the reviewers to a labeler, who is not told which of them wrote it.

    Raises InvalidInput for a text as above, and for a labeler nobody can reach any more.
    """
    if labeler.user_id is None:
        raise InvalidInput(_("Nobody can read letters to this pseudonym any more."), attr="text")
    return Letter.objects.create(
        project=project, labeler=labeler, writer=writer, from_labeler=False, text=_checked(text)
    )


def mark_read(letters: QuerySet[Letter]) -> None:
    """Those that were not read yet are read now."""
    letters.filter(read_at__isnull=True).update(read_at=Now())


def _checked(text: str) -> str:
    text = text.strip()
    if not text or "\0" in text:
        raise InvalidInput(_("Write something."), attr="text")
    if len(text) > TEXT_MAX:
        raise InvalidInput(
            _("That is too long: %(most)d characters at most.") % {"most": TEXT_MAX}, attr="text"
        )
    return text
