"""How a labeler likes to work, as they set it themselves."""

from typing import Any

from django.db import transaction

from accounts.models import Labeler, Preferences
from labeling import locks
from labeling.keymap import Keys, check_keys
from labeling.models import ClaimCursor

CHOOSE_TASKS = ("languages", "topics")  # what the claim goes by


def preferences_of(*, labeler: Labeler) -> Preferences:
    """What they set, or the defaults, which are stored only once something is changed."""
    stored = Preferences.objects.filter(labeler=labeler).first()
    return stored or Preferences(labeler=labeler)


@transaction.atomic
def save_preferences(*, labeler: Labeler, **changes: Any) -> Preferences:
    """Store some settings and leave the others.

    Another choice of languages or topics makes tasks eligible that were passed for ever, so the
    cursors of the labeler's claims start anew.
    """
    preferences, _created = Preferences.objects.select_for_update().get_or_create(labeler=labeler)
    chosen = {name: getattr(preferences, name) for name in CHOOSE_TASKS}
    for name, value in changes.items():
        setattr(preferences, name, value)
    preferences.save(update_fields=list(changes))
    if any(getattr(preferences, name) != value for name, value in chosen.items()):
        locks.no_claim(labeler_id=labeler.pk)  # it might move a cursor by the former choice
        ClaimCursor.objects.filter(labeler=labeler).delete()
    return preferences


def set_keys(*, labeler: Labeler, keys: Keys) -> Keys:
    """Store remaps in place of the former ones and return what was stored.

    Raises InvalidInput, `attr` naming the action, for keys that `labeling.keymap` refuses.
    """
    checked = check_keys(keys)
    Preferences.objects.update_or_create(labeler=labeler, defaults={"keys": checked})
    return checked


def stored_keys(*, labeler: Labeler) -> object:
    """The remaps of a labeler as stored, unchecked; none for who never chose any."""
    return preferences_of(labeler=labeler).keys
