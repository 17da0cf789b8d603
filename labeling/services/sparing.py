"""So many letters and reports an hour, and no more: people read them."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Labeler
from labeling.errors import LabelerGone, TooManySent

MOST_AN_HOUR = 30


def check_may_send(*, labeler: Labeler, sent: "QuerySet[Any]") -> None:
    """Before one more of `sent` is stored; the caller's transaction keeps others of theirs out.

    Raises TooManySent, and LabelerGone for who has left meanwhile.
    """
    who = Labeler.objects.select_for_update(no_key=True).get(pk=labeler.pk)
    if who.erased_at or (who.kind == Labeler.Kind.PERSON and who.user_id is None):
        raise LabelerGone(_("You have left: nothing more is stored for your former pseudonym."))
    lately = sent.filter(labeler=labeler, created_at__gt=Now() - timedelta(hours=1))
    if lately.count() >= MOST_AN_HOUR:
        raise TooManySent(
            _("You have sent a lot within an hour. What you wrote is still here: send it later.")
        )
