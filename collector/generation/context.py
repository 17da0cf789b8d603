"""Whether a conversation fits into what its model reads and writes at once."""

from collections.abc import Sequence

from collector.generation.providers.base import Permanent, Turn
from collector.generation.tokens import count_tokens
from collector.models import GeneratorRevision

# Chat templates mark where a message starts, whose it is and where it ends, and open the reply.
TOKENS_A_MESSAGE = 4
TOKENS_TO_REPLY = 3


def conversation_tokens(messages: Sequence[Turn], revision: GeneratorRevision) -> tuple[int, bool]:
    """The tokens of what is sent, and whether the model's own tokenizer counted the texts."""
    texts, exact = count_tokens((message["content"] for message in messages), revision)
    return texts + len(messages) * TOKENS_A_MESSAGE + TOKENS_TO_REPLY, exact


def check_window(messages: Sequence[Turn], revision: GeneratorRevision) -> Permanent | None:
    """Why the conversation does not fit, naming tokens and window; None if it does.

    Servers cut what is too long, some of them without a word, so that is refused before it is
    sent. A revision that names no window is not checked. The reply's room is what it asks for, at
    least one token.
    """
    window = revision.context_window
    if window is None:
        return None
    read, exact = conversation_tokens(messages, revision)
    write = reply_tokens(revision) or 1
    if read + write <= window:
        return None
    about, how = ("", "") if exact else ("about ", ", estimated without its tokenizer")
    return Permanent(
        f"The conversation has {about}{read} tokens{how}; with {write} for the reply it is over "
        f"the model's window of {window}.",
        billed=False,
    )


def reply_tokens(revision: GeneratorRevision) -> int | None:
    """The most tokens that the reply may have, where the revision says so."""
    parameters = revision.parameters
    limit: int | None = parameters.get("max_completion_tokens", parameters.get("max_tokens"))
    return limit
