"""How many tokens texts have for a model: counted with its own tokenizer where that lies here.

Nothing is downloaded for a count. OpenAI's encodings are read from tiktoken's cache (the folder
`TIKTOKEN_CACHE_DIR`, filled by the operator), other tokenizers from the local model's folder or
the cache of the hub. Elsewhere the number is an approximation, and says so.
"""

import hashlib
import logging
import math
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import tiktoken
from django.conf import settings
from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from tokenizers import Tokenizer

from collector.models import Generator, GeneratorRevision

logger = logging.getLogger(__name__)

# English has about four letters a token in every tokenizer of these years. Other scripts take two
# to four bytes a letter in UTF-8 and about one token for three bytes: Cyrillic two tokens for three
# letters, Chinese one a character. Newer tokenizers need less; it is meant to be on the safe side.
LETTERS_A_TOKEN = 4
OTHER_BYTES_A_TOKEN = 3

# Where tiktoken gets its encodings, and their SHA-256: a cached file that differs would be
# fetched anew by it, so it is not used.
_ENCODINGS = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "p50k_base": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "r50k_base": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
}
_ENCODING_OF = {"o200k_harmony": "o200k_base", "p50k_edit": "p50k_base"}
_ENCODING_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"

_LONGEST_PIECE = 100_000

_Counter = Callable[[str], int]


def count_tokens(texts: Iterable[str], revision: GeneratorRevision) -> tuple[int, bool]:
    """The tokens of all the texts together, and whether the model's own tokenizer counted them.

    What a chat template or a server adds around the texts is not in it.
    """
    count = _counter(revision.provider, revision.model)
    if count is None:
        return sum(approximate_tokens(text) for text in texts), False
    return sum(count(text) for text in texts), True


def approximate_tokens(text: str) -> int:
    """About how many tokens a text has for a model of which no tokenizer lies here."""
    letters = len(text.encode("ascii", "ignore"))
    other_bytes = len(text.encode("utf-8", "replace")) - letters
    return math.ceil(letters / LETTERS_A_TOKEN + other_bytes / OTHER_BYTES_A_TOKEN)


@lru_cache(maxsize=64)
def _counter(provider: str, model: str) -> _Counter | None:
    if provider == Generator.Provider.RECORDED:
        return None
    return _of_encoding(model) or _of_tokenizer(
        model, local=provider == Generator.Provider.TRANSFORMERS
    )


def _of_encoding(model: str) -> _Counter | None:
    """Models by the names that OpenAI gives them."""
    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return None
    file = _ENCODING_OF.get(name, name)
    if file not in _ENCODINGS or not _is_cached(file):
        return None
    encoding = tiktoken.get_encoding(name)
    return lambda text: sum(len(encoding.encode_ordinary(piece)) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """A long text in parts, at most a token a part too many: a million blanks crash tiktoken."""
    for start in range(0, len(text), _LONGEST_PIECE):
        yield text[start : start + _LONGEST_PIECE]


def _is_cached(name: str) -> bool:
    key = hashlib.sha1(_ENCODING_URL.format(name).encode(), usedforsecurity=False).hexdigest()
    file = Path(settings.TIKTOKEN_CACHE_DIR) / key
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == _ENCODINGS[name]


def _of_tokenizer(model: str, *, local: bool) -> _Counter | None:
    """Models whose `tokenizer.json` lies in their own folder or in the hub's cache."""
    file = Path(model) / "tokenizer.json"
    if not (local and file.is_file()):
        try:
            found = try_to_load_from_cache(model, "tokenizer.json")
        except HFValidationError:
            return None
        if not isinstance(found, str):
            return None
        file = Path(found)
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception:  # noqa: BLE001 - all that the library raises for a file that it cannot read
        logger.warning("%s cannot be read: tokens of %s are estimated.", file, model)
        return None
    tokenizer.no_truncation()  # some files carry one, and would count no further
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
