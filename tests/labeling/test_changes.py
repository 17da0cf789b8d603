"""What changed between two versions of a text."""

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


def test_endless_lines_are_shown_whole():
    old, new = "word " * 3_000, "word " * 2_999 + "other "
    assert [line.kind for line in changes(old, new)] == ["removed", "added"]
