"""Where each shown character of a rendered text stands in its source."""

from html import unescape

import nh3
import pytest

from labeling.texts.origins import NOWHERE, WHITE
from labeling.texts.rendering import MAX_RICH_CHARACTERS, Budget, render_markdown, render_traced

PARIS = "See [Paris](https://en.wikipedia.org/wiki/Paris_is_big) is big."


def seen(text: str) -> str:
    return "".join(sign for sign in text if sign not in WHITE)


def places(text: str, runs: list[int]) -> list[int]:
    """The place of every sign that is shown."""
    found: list[int] = []
    for at, count in zip(runs[::2], runs[1::2], strict=True):
        if at == NOWHERE:
            found += [NOWHERE] * count
            continue
        there = [place for place in range(at, len(text)) if text[place] not in WHITE]
        found += there[:count]
    return found


def shown_in(html: str) -> str:
    """The text of a page's HTML without the head of a code box, which is no part of the text."""
    return seen(
        unescape(nh3.clean(html.replace('<div class="code-head">python</div>', ""), tags=set()))
    )


@pytest.mark.parametrize(
    ("text", "nowhere"),
    [
        (PARIS, ""),
        ("See [Paris](https://en.wikipedia.org/wiki/Paris) . Paris is big", ""),
        ("1. 1 apple\n2. 2 pears", ""),
        ("1. 2 apples\n2. 1 pear", ""),
        ("```python\npython -m x\n```", ""),
        ("| a | b |\n|---|---|\n| - | c |", ""),
        ("|a\\|b|c|\n|-|-|\n|c\\|d|e|f", "a|bc|d"),
        ("- | - | c |\n  |---|---|\n  | x | y |", "-cxy"),
        ("a \\* b **bold** * x ~~s~~ ~~~t ***z*** `` a`b `` <https://x.org/a>", ""),
        ("tea &amp; milk &copy; \\a \\\\", "&©"),
        ("> 1. a\n>    b `c\n>    d` e\n>\n>        code\n>        more\n", ""),
        ("# T ##\n\nS **x**\n===\n\n- - 1) # H\n", ""),
        ("a\r\nb\r\n\r\n    x = 1;\r\n    y\r\n\r\nend 🫖 [🫖](https://🫖.org/🫖 'x') 🫖", ""),
        ("![alt](https://e.org/a.png) text", "[image:alt]"),
        ("**a*b**c_d_ *e* ~~x ~y~ [no](rel) [a [b](https://x.org) c](https://y.org)", ""),
        ("   1. x\n\n      - y\n\n\t\tcode\n", ""),
        ("`  a  ` ` ` `` ` `` ` x`", ""),
        ("🫖 " * MAX_RICH_CHARACTERS, ""),
        ("", ""),
    ],
)
def test_every_shown_sign_stands_where_it_is_said_to_stand(text: str, nowhere: str) -> None:
    html, runs = render_traced(text, budget=Budget())
    found = places(text, runs)
    shown = shown_in(html)
    assert len(found) == len(shown)
    assert "".join(sign for sign, at in zip(shown, found, strict=True) if at == NOWHERE) == nowhere
    known = [(sign, at) for sign, at in zip(shown, found, strict=True) if at != NOWHERE]
    assert [sign for sign, _ in known] == [text[at] for _, at in known]
    assert [at for _, at in known] == sorted({at for _, at in known})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PARIS, [0, 3, 5, 5, 56, 6]),
        ("1. 2 apples\n2. 1 pear", [3, 7, 15, 5]),
        ("```python\npython -m x\n```", [10, 9]),
        ("| a | b |\n|---|---|\n| - | c |", [2, 1, 6, 1, 22, 1, 26, 1]),
        ("***z*** **", [3, 1, 8, 2]),
        ("a\r\n\r\nb c", [0, 3]),
        ("a\0b", []),
    ],
)
def test_runs_leave_out_what_is_no_text(text: str, expected: list[int]) -> None:
    assert render_traced(text, budget=Budget())[1] == expected


@pytest.mark.parametrize("text", [PARIS, "a \\* *b* &amp; ![x](https://e.org/y) $x^2$ ~~~z ***q**"])
def test_what_is_traced_looks_the_same(text: str) -> None:
    assert render_traced(text, budget=Budget())[0] == render_markdown(text)
