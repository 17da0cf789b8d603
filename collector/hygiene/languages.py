"""Which language a text is in, by py3langid (a maintained langid.py: 140 languages, no network)."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from collector.hygiene.findings import Finding
from collector.models import MessageFlag

# So much of a text is looked at: what follows rarely changes the answer, and each byte costs.
LOOKED_AT = 300
# Below this share of the probability the text is too short or too mixed to say.
SURE = 0.5
COMPARED_FROM = 40
# Codes that name no language people speak: digits, hashes, addresses.
_NONE = frozenset(["zxx", "und"])


def detect(text: str) -> str:
    """A code of ISO 639 such as `en`, or "" where the text does not tell."""
    language, probability = _identifier().classify(text[:LOOKED_AT])
    return "" if probability < SURE or language in _NONE else str(language)


def compare(response: str, said: str, language: str) -> list[Finding]:
    """Whether a response is in another language than its prompt; `said` is what the file says.

    Only responses long enough to tell are looked at.
    """
    if not language or (not said and len(response) < COMPARED_FROM):
        return []
    found = said or detect(response)
    if not found or _base(found) == _base(language):
        return []
    detail = {"prompt": language, "response": found}
    return [Finding(MessageFlag.Kind.WRONG_LANGUAGE, detail)]


def _base(language: str) -> str:
    return re.split("[-_]", language.lower())[0]


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
