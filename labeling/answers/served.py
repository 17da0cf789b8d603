"""Between a response's own text and the text that was served, where a mask hides a part of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Piece = tuple[int, int, int, int]  # from start, from end, to start, to end


@dataclass(frozen=True, slots=True)
class Served:
    """A response as it was served. `hidden` are the masked stretches of `original`, ascending;
    each is one mask in `text`, all of one length.
    """

    original: str
    text: str
    hidden: list[list[int]] = field(default_factory=list)

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the served text in the original; a mask is all that it hides."""
        pieces = list(self._masks())
        return _moved(start, pieces), _moved(end, pieces, closing=True)

    def to_served(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the original text in the served one; what is hidden is its whole mask."""
        pieces = [(c, d, a, b) for a, b, c, d in self._masks()]
        return _moved(start, pieces), _moved(end, pieces, closing=True)

    def _masks(self) -> Iterator[Piece]:
        visible = len(self.original) - sum(end - start for start, end in self.hidden)
        length = (len(self.text) - visible) // len(self.hidden) if self.hidden else 0
        shift = 0
        for start, end in self.hidden:
            yield start + shift, start + shift + length, start, end
            shift += length - (end - start)


def _moved(offset: int, pieces: Iterable[Piece], *, closing: bool = False) -> int:
    shift = 0
    for start, end, to_start, to_end in pieces:
        if offset < start or (closing and offset == start):
            break
        if offset < end:
            return to_end if closing else to_start
        shift = to_end - end
    return offset + shift
