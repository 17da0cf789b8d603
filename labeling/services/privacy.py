"""Leaving: the link between a person and their pseudonym is cut, and what they wrote is blanked.

Judgments stay, for they are about responses. What was typed by hand may tell who typed it, so it
goes when a person is erased; versions of datasets that hold it are withdrawn by
`exports.services.withdrawing`, which goes by `Labeler.erased_at`.
"""

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Labeler, Preferences, User
from collector.models import Membership, Message, Project
from collector.services.notifications import forget_labeler
from common.errors import Conflict
from labeling.locks import no_claim, share_judgments
from labeling.models import (
    Adjudication,
    ClaimCursor,
    Judgment,
    LabelerStanding,
    Letter,
    Mask,
    Report,
    Skip,
    Span,
    StandingChange,
)
from labeling.services.giving_back import give_back
from labeling.services.training import end_tests

# Reasons of `not_rankable` that the page writes itself; any other was typed.
FIXED_REASONS = ("both_bad", "neither_valid")


@transaction.atomic
def anonymise(*, labeler: Labeler) -> None:
    """Cut the link: nobody can tell any more whose pseudonym it is, the person included.

    The account stays, without its places as a labeler: under a new pseudonym the same person
    could judge the same task twice. Whoever invites them again, by a link that still holds too,
    gets just that, for nothing is kept that would tell who was here before; the page says so.
    Letters and reports, which are of two people, are blanked. Raises Conflict for superusers:
    they lose no place, as they judge in every project.
    """
    if labeler.user is not None and labeler.user.is_superuser:
        raise Conflict(
            _(
                "Administrators judge in every project, so under a new pseudonym you could judge "
                "the same task twice. Give up that right first, or erase your account."
            )
        )
    labeler = _let_go(labeler)
    _blank_correspondence(labeler)
    _forget_ways(labeler)
    Membership.objects.filter(user=labeler.user_id, role=Membership.Role.LABELER).delete()
    Labeler.objects.filter(pk=labeler.pk).update(user=None)


@transaction.atomic
def erase(*, user: User, labeler: Labeler) -> None:
    """Blank what the person wrote, cut the link and delete the account; nothing brings it back.

    Judgments stay under the pseudonym. `erased_at` is stamped while no version of a dataset can
    be frozen, so a version either froze before it (and is withdrawn) or reads blanked texts.
    Raises Conflict for the last superuser, who has to name another first.
    """
    _check_not_the_last(user)
    for project in _projects_of(labeler):  # before any row, as a submit does
        share_judgments(project_id=project)
    labeler = _let_go(labeler)
    _blank_answers(labeler)
    _blank_texts(labeler)
    _blank_correspondence(labeler)
    Adjudication.objects.filter(resolved_by=user).update(note="")
    _forget_ways(labeler)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_labeler SET user_id = NULL, erased_at = clock_timestamp()"
            " WHERE id = %s",
            [labeler.pk],
        )
    user.delete()


def _check_not_the_last(user: User) -> None:
    if not user.is_superuser:
        return
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if not others.select_for_update().exists():
        raise Conflict(_("You are the last administrator: name another one first."))


def _let_go(labeler: Labeler) -> Labeler:
    """What they hold is given back, and they are locked until they have left.

    The locks are taken in the order of everybody else: settings, claims and training, slots with
    their tasks, the labeler. FOR UPDATE waits for answers that are being stored and keeps out new
    rows that name the labeler.
    """
    list(Preferences.objects.select_for_update().filter(labeler=labeler))
    no_claim(labeler_id=labeler.pk)
    end_tests(labeler=labeler)
    give_back(labeler=labeler)
    return Labeler.objects.select_for_update().get(pk=labeler.pk)


def _projects_of(labeler: Labeler) -> list[int]:
    """In the order of their ids: two who leave at once wait for each other, and go on."""
    judged = Project.objects.filter(tasks__judgments__labeler=labeler)
    wrote = Project.objects.filter(messages__labeler=labeler)
    return sorted(
        set(judged.values_list("pk", flat=True)) | set(wrote.values_list("pk", flat=True))
    )


def _blank_answers(labeler: Labeler) -> None:
    """The hash of an answer's body goes too: it would confirm a guess of the words."""
    judgments = Judgment.objects.filter(labeler=labeler)
    judgments.exclude(rationale="").update(rationale="")
    typed = Q(not_rankable__isnull=False) & ~Q(not_rankable__in=FIXED_REASONS)
    judgments.filter(typed).update(not_rankable="")
    judgments.update(body_hash=b"")
    Span.objects.filter(judgment__labeler=labeler).exclude(note="").update(note="")
    Skip.objects.filter(labeler=labeler).exclude(note="").update(note="")


def _blank_texts(labeler: Labeler) -> None:
    """Edits and other messages they wrote; a message without text is a deleted one."""
    written = Message.objects.filter(labeler=labeler)
    Mask.objects.filter(response__in=written).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE collector_message SET text = '', content_hash = '', meta = '{}',"
            " deleted_at = coalesce(deleted_at, clock_timestamp()) WHERE labeler_id = %s",
            [labeler.pk],
        )


def _blank_correspondence(labeler: Labeler) -> None:
    """Both sides of it, for an answer often repeats what was asked."""
    Letter.objects.filter(labeler=labeler).update(text="")
    Report.objects.filter(labeler=labeler).update(text="", answer="", page="")
    LabelerStanding.objects.filter(labeler=labeler).update(reason="")
    StandingChange.objects.filter(standing__labeler=labeler).update(reason="")
    forget_labeler(labeler=labeler)


def _forget_ways(labeler: Labeler) -> None:
    """How they liked to work is in no dataset and of use to nobody else."""
    Preferences.objects.filter(labeler=labeler).delete()
    ClaimCursor.objects.filter(labeler=labeler).delete()
