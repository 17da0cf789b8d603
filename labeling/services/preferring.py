"""How a person likes to work: their keys."""

from accounts.models import Labeler, Preferences
from labeling.keymap import Keys, check_keys


def set_keys(*, labeler: Labeler, keys: Keys) -> Keys:
    """Store remaps in place of the former ones and return what was stored.

    Raises InvalidInput, `attr` naming the action, for keys that `labeling.keymap` refuses.
    """
    checked = check_keys(keys)
    Preferences.objects.update_or_create(labeler=labeler, defaults={"keys": checked})
    return checked


def stored_keys(*, labeler: Labeler) -> object:
    """The remaps of a labeler as stored, unchecked; none for who never chose any."""
    preferences = Preferences.objects.filter(labeler=labeler).only("keys").first()
    return preferences.keys if preferences else {}
