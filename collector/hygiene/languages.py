"""Which language a text is in, by py3langid (a maintained langid.py: 140 languages, no network)."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# So much of a text is looked at: what follows rarely changes the answer, and each byte costs.
LOOKED_AT = 300
# Below this share of the probability the text is too short or too mixed to say.
SURE = 0.5
# Codes that name no language people speak: digits, hashes, addresses.
_NONE = frozenset(["zxx", "und"])


def detect(text: str) -> str:
    """A code of ISO 639 such as `en`, or "" where the text does not tell."""
    language, probability = _identifier().classify(text[:LOOKED_AT])
    return "" if probability < SURE or language in _NONE else str(language)


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
