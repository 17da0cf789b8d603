"""What changed between two versions of a text."""

from random import Random

import pytest

from labeling.texts import changes as texts
from labeling.texts.changes import Line, Piece, changes


def same(text):
    return Line("same", (Piece("same", text),))


def test_nothing_changed():
    assert changes("a\nb", "a\nb") == []


def test_the_words_that_changed_within_a_line():
    assert changes("Be fair to all.", "Be kind to all.") == [
        Line(
            "changed",
            (
                Piece("same", "Be "),
                Piece("removed", "fair"),
                Piece("added", "kind"),
                Piece("same", " to all."),
            ),
        )
    ]


def test_lines_with_nothing_in_common_stand_whole():
    assert changes("Be fair.", "Something else entirely") == [
        Line("removed", (Piece("removed", "Be fair."),)),
        Line("added", (Piece("added", "Something else entirely"),)),
    ]


def test_two_lines_stand_beside_a_change_and_gaps_for_the_rest():
    old = "\n".join("abcdefgh")
    assert changes(old, old + "\nnew") == [
        Line("gap"),
        same("g"),
        same("h"),
        Line("added", (Piece("added", "new"),)),
    ]
    assert changes("x\n" + old, old)[0] == Line("removed", (Piece("removed", "x"),))


def test_what_would_take_too_long_to_compare_is_shown_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "CELLS", 8)
    old, new = "a\nb\nc\nsame", "b\nd\na\nsame"
    assert [line.kind for line in changes(old, new)] == 3 * ["removed"] + 3 * ["added"] + ["same"]
    assert [line.kind for line in changes("a b c d e f", "b c d e f g")] == ["removed", "added"]


def test_a_small_change_in_the_longest_text_is_found() -> None:
    lines = ["line", ""] * 10_000
    old, new = "\n".join([*lines, "old", *lines]), "\n".join([*lines, "new", *lines])
    kinds = ["gap", "same", "same", "removed", "added", "same", "same"]
    assert [line.kind for line in changes(old, new)] == kinds
    words = "word " * 10_000
    (line,) = changes(f"{words}old {words}", f"{words}new {words}")
    assert [piece.kind for piece in line.pieces] == ["same", "removed", "added", "same"]


def test_each_line_is_looked_at_once_however_alike_the_lines_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Comparing is one step a line, not one a pair of lines: many equal lines made it cubic."""
    looked_up = 0

    class Counting(str):
        def __hash__(self) -> int:
            nonlocal looked_up
            looked_up += 1
            return super().__hash__()

    old = [Counting(text) for text in ["a", ""] * 500]
    new = [Counting(text) for text in ["b", ""] * 400 + ["a", ""] * 100 + ["c"]]
    assert len(texts._longest(old, new)) == 600
    assert looked_up <= len(old) + 2 * len(new)


@pytest.mark.parametrize("seed", range(50))
def test_as_much_as_can_be_stays_the_same(seed: int) -> None:
    chance = Random(seed)
    old, new = ([chance.choice("abc") for _ in range(chance.randrange(12))] for _ in range(2))
    found = list(texts._matches(old, new))
    assert [old[i] for i, _j in found] == [new[j] for _i, j in found]
    assert found == sorted(found)
    assert len({i for i, _j in found}) == len({j for _i, j in found}) == len(found)
    assert len(found) == longest(old, new)


def longest(old: list[str], new: list[str]) -> int:
    """The length of the longest common subsequence, from the definition."""
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            best = max(lengths[i][j + 1], lengths[i + 1][j])
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if a == b else best
    return lengths[-1][-1]
