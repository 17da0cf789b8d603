"""Which answers warn the next labeler of a text. No ORM."""

from collections.abc import Iterator

from accounts.models import ContentCategory
from labeling.answers import Rating

OF_FLAGS = {
    "sexual_content": ContentCategory.SEXUAL,
    "violent_content": ContentCategory.VIOLENCE,
    "encourages_harm": ContentCategory.SELF_HARM,
}
OF_LABELS = {
    "sexual_content": ContentCategory.SEXUAL,
    "hate_speech": ContentCategory.HATE,
    "violence": ContentCategory.VIOLENCE,
}
WARNS_FROM = 0.5  # of a label in steps; yes counts as 1
# What people said in earnest. Practice is for mistakes, and simulated people mean nothing.
WARNING_PURPOSES = frozenset({"work", "repeat", "gold", "adjudication"})


def warned_of(ratings: dict[int, Rating]) -> Iterator[tuple[int, str]]:
    """(response, category) of every warning that these ratings make, ascending, each once."""
    found = set()
    for response, rating in ratings.items():
        found |= {
            (response, OF_FLAGS[name])
            for name, yes in rating.flags.items()
            if yes and name in OF_FLAGS
        }
        found |= {
            (response, OF_LABELS[name])
            for name, step in rating.labels.items()
            if step >= WARNS_FROM and name in OF_LABELS
        }
    return iter(sorted((response, str(category)) for response, category in found))
