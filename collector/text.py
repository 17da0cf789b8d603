"""Normalised text and its hashes: what makes two prompts the same prompt.

Pure functions: no ORM. The hashes are stored in `Message` and `Thread` and decide duplicates and
the train/test split, so a change here needs a migration that recomputes them.
"""

import hashlib
import unicodedata
from collections.abc import Iterable


def normalise(text: str) -> str:
    """Text as compared: Unicode NFC, line ends as `\\n`, outer white space removed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


def content_hash(text: str) -> bytes:
    """SHA-256 of the normalised text, 32 bytes."""
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).digest()


def thread_hash(turns: Iterable[tuple[str, str]]) -> bytes:
    """SHA-256 of a conversation given as `(role, text)` from the root on, 32 bytes."""
    return thread_hash_of((role, content_hash(text)) for role, text in turns)


def thread_hash_of(turns: Iterable[tuple[str, bytes]]) -> bytes:
    """`thread_hash` of a conversation whose `(role, content hash)` are known."""
    return hashlib.sha256(b"".join(role.encode() + b"\0" + hash_ for role, hash_ in turns)).digest()


def split_hash(turns: Iterable[tuple[str, str]]) -> bytes:
    """SHA-256 that decides which split a conversation is in, 32 bytes.

    Of its opening, up to the first user turn: what follows on from one prompt stays with it, or a
    later turn in one split would tell an earlier one in the other. Prompts that differ in case or
    spacing only go together.
    """
    opening = []
    for role, text in turns:
        opening.append((role, " ".join(text.casefold().split())))
        if role == "user":
            break
    return thread_hash(opening)
