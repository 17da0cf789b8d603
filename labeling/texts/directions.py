"""Which way each block of a text runs, by its own first letter.

`dir="auto"` on nested elements would not do: an element that has it counts nothing inside others
that have it, so a list of Arabic items would be laid out from the left.
"""

import re
import unicodedata

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

RIGHT_TO_LEFT = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff]"
)
_BLOCKS = ("paragraph", "heading", "bullet_list", "ordered_list", "list_item", "blockquote")
_CELLS = ("table", "td", "th")
_SIDES = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def mark_directions(state: StateCore) -> None:
    """Give every block that runs otherwise than what surrounds it a `dir`."""
    if not RIGHT_TO_LEFT.search(state.src):
        return
    around: list[Token] = []
    waiting: list[Token] = []
    for token in state.tokens:
        name, _, part = token.type.rpartition("_")
        if part == "open" and name in (*_BLOCKS, *_CELLS):
            around.append(token)
            waiting.append(token)
        elif part == "close" and around and name in (*_BLOCKS, *_CELLS):
            closed = around.pop()
            waiting = [block for block in waiting if block is not closed]
        elif token.type == "inline" and waiting:
            side = first_side(token.content)
            if side:
                for block in waiting:
                    block.attrs["dir"] = side
                waiting = []
    _drop_repeated(state.tokens)


def first_side(text: str) -> str | None:
    """The direction of the first letter that has one."""
    return next(
        (_SIDES[kind] for kind in map(unicodedata.bidirectional, text) if kind in _SIDES), None
    )


def _drop_repeated(tokens: list[Token]) -> None:
    """What runs like its surroundings needs no word about it; a page runs from the left."""
    sides = ["ltr"]
    for token in tokens:
        if token.nesting > 0:
            side = str(token.attrs.get("dir", sides[-1]))
            if side == sides[-1]:
                token.attrs.pop("dir", None)
            sides.append(side)
        elif token.nesting < 0:
            sides.pop()
