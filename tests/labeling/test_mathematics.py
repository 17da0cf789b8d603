"""Formulas: which dollar signs are one, what they become, and that none hides or breaks a page."""

import re
from html import unescape

import pytest

from labeling.texts.mathematics import MAX_FORMULA, mathml
from labeling.texts.rendering import PAGE_FORMULAS, Budget, render_markdown


def formulas(html: str) -> int:
    return html.count("<math")


def sources(html: str) -> list[str]:
    return re.findall(r'<code class="formula">([^<]*)</code>', html)


def letters(html: str) -> str:
    return "".join(filter(str.isalnum, re.sub(r"<[^>]*>", "", html)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"Let $x$ be", "<mi>x</mi>"),
        (r"the $n$-th one", "<mi>n</mi>"),
        (r"$5$ of them", "<mn>5</mn>"),
        (r"so $a = b$.", "<mi>a</mi><mo>=</mo><mi>b</mi>"),
        (r"$x_1^2$", "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>"),
        (r"\(a + b\)", "<mi>a</mi><mo>+</mo><mi>b</mi>"),
        (r"in $$a+b$$ lines", "<mi>a</mi><mo>+</mo><mi>b</mi>"),
        (r"**bold $x$**", "<mi>x</mi>"),
        (r"costs \$5 or $y$", "<mi>y</mi>"),
    ],
)
def test_formulas_in_a_line(text: str, shown: str) -> None:
    html = render_markdown(text)
    assert formulas(html) == 1
    assert shown in html


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "US$5, CA$6 and 7$ to 8$",
        "between $1,000 - $2,000 a month",
        "from $5/month to $9/month",
        "$HOME/bin:$PATH and $USER",
        "from $5 (or C$) up",
        "at a $5 = 6 EUR$ rate",
        "$20_000 and $30_000",
        "pay $5 now; the rest ($15) later",
        "a lone $ sign, and $$ two",
        "`$x$`",
        "```\n$x$\n```",
        r"an escaped \$x\$",
        "${name} and ${value}",
    ],
)
def test_prices_variables_and_code_are_left_alone(text: str) -> None:
    html = render_markdown(text)
    assert formulas(html) == 0
    assert sources(html) == []
    assert html.count("$") == text.count("$")


@pytest.mark.parametrize(
    "text",
    [
        "$$\na = b\n+ c\n$$",
        "so:\n\\[\na = b\n+ c\n\\]\nand",
        "- item\n  $$\n  a = b\n  + c\n  $$\n",
        "> $$a = b\n> + c$$",
        "\\begin{align}\na &= b \\\\\n&+ c\n\\end{align}",
        "$$\\begin{aligned}a &= b\\\\ &+ c\\end{aligned}$$",
    ],
)
def test_formulas_on_lines_of_their_own_scroll_in_a_box(text: str) -> None:
    html = render_markdown(text)
    assert (
        html.count('<div class="formula-box" tabindex="0" role="group" aria-label="formula">') == 1
    )
    assert formulas(html) == 1
    math = html[html.index("<math") : html.index("</math>")]
    assert letters(math) == "abc"
    assert 'display="block"' in math


def test_matrices_and_cases_are_tables() -> None:
    html = render_markdown(r"$\begin{pmatrix}1&2\\3&4\end{pmatrix}$")
    assert html.count("<mtr>") == 2
    assert html.count("<mtd>") == 4


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\mbox{</math><img src=x onerror=alert(1)>}",
        r"\text{&#60;script&#62;}",
        r"\unicode{3C}script\unicode{3E}",
        r"x<script>y",
        r"\style{position:fixed}{x} \class{panel}{y}",
        r"\color{red; background:url(//evil.example)}{x}",
    ],
)
def test_no_formula_writes_markup_or_style(tex: str) -> None:
    html = render_markdown(f"$${tex}$$")
    assert not re.search(
        r"<(script|img)|\s(style|class|href|src|mathcolor)=", html.replace(' class="formula', "")
    )
    assert "</math></math>" not in html


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"a % a comment that a reader would not see",
        r"\begin{matrix}a&b&" + "a&" * 40 + r"\end{matrix}",
        r"\newcommand{\a}{\b\b}\newcommand{\b}{x}\a",
        r"\def\a{x}\a",
        r"\frac{1",
        r"\left( x",
        "{" * 700,
        "{" * 60 + "x" + "}" * 60,
        "x" * (MAX_FORMULA + 1),
        r"\notacommand",
    ],
    ids=lambda tex: tex[:14],
)
def test_what_would_be_lost_or_cannot_be_read_is_shown_as_written(tex: str) -> None:
    html = render_markdown(f"$${tex}$$")
    if formulas(html):
        assert letters(html) == letters(re.sub(r"\\[a-z]+", "", tex))
    else:
        assert unescape(sources(html)[0]) == f"$${tex.strip()}$$"


def test_what_is_made_invisible_is_seen() -> None:
    html = render_markdown(r"$\phantom{seen} + \color{white}{too}$")
    assert "phantom" not in re.sub(r"<code.*", "", html)
    assert "color=" not in html
    assert letters(re.sub(r"\\[a-z]+", "", html)).startswith("seen")


def test_lengths_cannot_push_a_formula_over_the_page() -> None:
    assert 'width="900em"' not in str(mathml(r"\hspace{900em}x", block=False))
    assert 'width="-90em"' not in str(mathml(r"\hspace{-90em}x", block=False))


def test_the_formulas_of_a_page_share_one_budget() -> None:
    formula = "$" + "+".join("x" * 500) + "$\n\n"
    budget = Budget()
    html = render_markdown(formula * 20, budget=budget)
    assert formulas(html) == PAGE_FORMULAS // 999
    assert len(sources(html)) == 20 - PAGE_FORMULAS // 999
    again = render_markdown(formula, budget=budget)
    assert formulas(again) == 0


@pytest.mark.parametrize(
    "text",
    ["$" * 3_900, r"\(" * 20_000, r"\[" * 20_000, "$a" * 1_900, "\n$$\n" * 900],
    ids=lambda text: text[:6],
)
def test_piles_of_signs_stay_what_they_are(text: str) -> None:
    html = render_markdown(text)
    assert formulas(html) == 0
    assert letters(html) == letters(text)
