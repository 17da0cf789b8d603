"""Markdown to HTML: what is shown, and that hostile text runs nothing and hides nothing."""

import re
from uuid import uuid4

import pytest
from django.utils import timezone
from pygments.lexers import get_lexer_by_name

from labeling.pages.desk import desk_for
from labeling.services.claiming import ClaimedTask, Shown
from labeling.texts import rendering
from labeling.texts.rendering import plain_snippet, render_markdown


def tags(html: str) -> set[str]:
    return set(re.findall(r"<([a-z0-9]+)", html))


def test_common_markdown() -> None:
    assert render_markdown("A *b* **c** ~~d~~ `e`\n\n- f\n  - g\n") == (
        "<p>A <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>\n"
        "<ul>\n<li>f\n<ul>\n<li>g</li>\n</ul>\n</li>\n</ul>\n"
    )


def test_tables_scroll_in_a_box_and_align_by_class() -> None:
    html = render_markdown("|a|b|\n|:-:|--:|\n|1|2|\n")
    assert '<div class="table-box" tabindex="0" role="group" aria-label="table"><table>' in html
    assert '<td class="align-center">1</td>' in html
    assert '<td class="align-right">2</td>' in html
    assert "style" not in html


def test_code_is_highlighted_by_classes_alone() -> None:
    html = render_markdown("```python\nreturn 'a<b'\n```\n")
    assert '<span class="k">return</span>' in html
    assert "a&lt;b" in html
    assert "style" not in html


@pytest.mark.parametrize("fence", ["```\na<b\n```", "```nosuchlanguage\na<b\n```", "    a<b"])
def test_code_without_a_known_language_is_plain(fence: str) -> None:
    assert '<code class="hl">a&lt;b\n</code></pre>' in render_markdown(fence)


def test_headings_start_below_the_card_and_skip_no_level() -> None:
    html = render_markdown("# A\n\n##### B\n\n## C\n\n# D\n\n" + "###### E")
    assert re.findall(r"<h(\d)>", html) == ["3", "4", "4", "3", "4"]


def test_links_open_elsewhere_and_tell_nobody_where_one_came_from() -> None:
    assert render_markdown("[a](https://example.org/?b=1&c)") == (
        '<p><a href="https://example.org/?b=1&amp;c" target="_blank" '
        'rel="noopener noreferrer nofollow">a</a></p>\n'
    )


def test_images_become_links_so_that_reading_asks_no_other_host() -> None:
    html = render_markdown("![a cat](https://example.org/cat.png) ![](https://example.org/x)")
    assert tags(html) == {"p", "a"}
    assert ">[image: a cat]</a>" in html
    assert ">[image]</a>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg><animate onbegin=alert(1)></svg>",
        "<style>body{display:none}</style>",
        "<iframe srcdoc='<script>1</script>'></iframe>",
        "</article></main><form action=//evil.example><input></form>",
        "<!-- comment --> <![CDATA[x]]> <?php x ?>",
        "<details open ontoggle=alert(1)>",
    ],
)
def test_markup_in_the_text_is_shown_as_text(text: str) -> None:
    html = render_markdown(text)
    assert tags(html) <= {"p"}
    assert "&lt;" in html


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#115;cript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>1</script>",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "file:///etc/passwd",
        "blob:x",
    ],
)
@pytest.mark.parametrize("form", ["[a]({})", "![a]({})", "<{}>", "[a][r]\n\n[r]: {}"])
def test_no_link_leads_into_a_script(target: str, form: str) -> None:
    html = render_markdown(form.format(target))
    assert not re.search(r"""(href|src)\s*=\s*["']?\s*(java|vb|data|file|blob)""", html, re.I)


def test_nothing_that_was_written_is_hidden() -> None:
    html = render_markdown("[a]: https://example.org 'hidden'\n\nseen")
    assert "https://example.org" in html
    deep = render_markdown("- " * 1000 + "the end")
    assert "the end" in deep


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "word " * 200_000,
        "\n".join("  " * depth + "- x" for depth in range(1000)),
        ">" * 5_000 + "x",
        "[" * 50_000,
        "*a _b " * 10_000,
        "`" * 49_000,
        "\n" * 49_000,
        "- a\n" * 12_000,
        "|a" * 4_000 + "\n" + "|-" * 4_000,
    ],
    ids=lambda text: f"{text[:6]!r}×{len(text)}",
)
def test_what_a_parser_could_choke_on_is_shown_plain_and_whole(text: str) -> None:
    html = render_markdown(text)
    assert html.startswith('<pre class="plain" tabindex="0">')
    assert html.count("x") >= text.count("x")


def test_code_that_takes_a_lexer_too_long_is_shown_without_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = "```python\nreturn 1\n```\n"
    assert "<span" in render_markdown(code)
    monkeypatch.setattr(rendering, "HIGHLIGHT_SECONDS", -1)
    assert '<code class="hl">return 1\n</code>' in render_markdown(code)


def test_every_language_on_the_list_has_a_lexer_that_reads_no_prompts() -> None:
    for language in rendering.LANGUAGES:
        lexer = get_lexer_by_name(language)
        assert not re.search("session|console|shell session", lexer.name, re.IGNORECASE), language


@pytest.mark.parametrize("language", ["console", "pycon", "rbcon", "ps1con", "mathematica", "pov"])
def test_lexers_off_the_list_are_not_trusted(language: str) -> None:
    assert get_lexer_by_name(language)
    code = "_a:" * 900
    html = render_markdown(f"```{language}\n{code}\n```")
    assert f'<code class="hl">{code}\n</code>' in html


def test_only_short_code_is_highlighted_however_it_is_divided() -> None:
    line = "return 1  # long enough that lines are not what counts\n"
    fit = rendering.MAX_HIGHLIGHTED // len(line)
    assert '<span class="k">return</span>' in render_markdown(f"```python\n{line * fit}```")
    assert "<span" not in render_markdown(f"```python\n{line * (fit + 1)}```")
    lines = "\n" * (rendering.MAX_HIGHLIGHTED_LINES - 1) + "return 1\n"
    assert "<span" in render_markdown(f"```java\n{lines}```")
    assert "<span" not in render_markdown(f"```java\n\n{lines}```")
    fences = f"```python\n{line * (fit // 2)}```\n\n" * 3
    assert render_markdown(fences).count('class="k"') == fit // 2 * 2


def test_odd_characters_survive_or_vanish_quietly() -> None:
    assert "\0" not in render_markdown("a\0b" + "x" * 60_000)
    assert "\0" not in render_markdown("a\0b")
    assert "\u202e" in render_markdown("\u202eabc")


def test_an_empty_text_is_an_empty_text() -> None:
    assert render_markdown("") == ""


def test_snippets_are_one_short_line_without_markdown() -> None:
    assert plain_snippet("# Hello\n\n```python\nx = *1*\n```") == "Hello x = 1"
    assert plain_snippet("ab " * 100, 10) == "ab ab ab…"


@pytest.mark.parametrize(
    "text",
    [
        "[a](/accounts/logout/)",
        "[a](//evil.example)",
        "[a](https:/evil.example)",
        "![a](/x.png)",
        "[a](#main)",
        "[a](ftp://evil.example)",
    ],
)
def test_links_that_are_not_absolute_stay_text(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>\n"


def test_the_texts_of_a_page_share_one_budget_and_the_end_of_a_talk_is_served_first() -> None:
    turn = "1. - + 1. - +\n" * 2_000
    talk = [{"role": "user", "content": turn}] * 120 + [{"role": "user", "content": "*last*"}]
    shown = [Shown("1", "**first**"), Shown("2", "**second**")]
    desk = desk_for(claimed(talk, shown))
    assert [response.html for response in desk.responses] == [
        "<p><strong>first</strong></p>\n",
        "<p><strong>second</strong></p>\n",
    ]
    assert desk.turns[-1].html == "<p><em>last</em></p>\n"
    rich = [index for index, turn in enumerate(desk.turns) if not is_plain(turn.html)]
    assert rich == [119, 120]


def test_a_page_renders_no_more_characters_than_its_budget() -> None:
    talk = [{"role": "user", "content": "Tea. " * 1_990}] * 40
    desk = desk_for(claimed(talk, [Shown("1", "a"), Shown("2", "b")]))
    assert [is_plain(turn.html) for turn in desk.turns] == [True] * 25 + [False] * 15


def is_plain(html: str) -> bool:
    return html.startswith('<pre class="plain"')


def claimed(prompt: list[dict[str, str]], responses: list[Shown]) -> ClaimedTask:
    return ClaimedTask(
        slot=uuid4(),
        expires_at=timezone.now(),
        kind="rank",
        guideline_version=None,
        guidelines_changed=False,
        modes=["rank"],
        span_labels=[],
        prompt=prompt,
        responses=responses,
    )


def test_a_page_highlights_no_more_code_than_its_budget() -> None:
    code = "```python\n" + "return 1\n" * 300 + "```"
    desk = desk_for(claimed([{"role": "user", "content": code}] * 9, [Shown("1", "a")]))
    coloured = ['class="k"' in turn.html for turn in desk.turns]
    assert coloured == [False] * 3 + [True] * 6


def test_code_names_its_language_and_nothing_else_that_follows_the_fence() -> None:
    html = render_markdown("```C++ onload=x\nint a;\n```")
    assert '<div class="code-box"><div class="code-head">C++</div><pre' in html
    assert 'aria-label="code in C++"' in html
    assert "onload" not in html
    odd = render_markdown('```"><script>\nx\n```')
    assert "code-head" not in odd
    assert tags(odd) == {"div", "pre", "code"}


def test_blocks_run_the_way_of_their_own_first_letter() -> None:
    html = render_markdown("שלום\n\n- עולם\n- *world*\n\n1. one\n\nHello\n\n> 1. مرحبا")
    assert '<p dir="rtl">שלום</p>' in html
    assert '<ul dir="rtl">\n<li>עולם</li>\n<li dir="ltr"><em>world</em></li>' in html
    assert "<ol>\n<li>one</li>" in html
    assert "<p>Hello</p>" in html
    assert '<blockquote dir="rtl">\n<ol>\n<li>مرحبا</li>' in html
    assert "dir=" not in render_markdown("Hello, *world*")


def test_every_line_of_a_text_is_one_of_its_own() -> None:
    haiku = "Steam above the cup,\nthe leaves unfold one by one,\nmorning finds its voice."
    assert render_markdown(haiku) == (
        "<p>Steam above the cup,<br>\nthe leaves unfold one by one,<br>\n"
        "morning finds its voice.</p>\n"
    )
    assert render_markdown(haiku, breaks=False) == f"<p>{haiku}</p>\n"


def test_a_label_shows_formulas_in_signs_one_reads() -> None:
    assert plain_snippet(r"**So** $\frac{a^{2}}{b+1} \leq \sqrt{\pi}$ or $x > y$") == (
        "So (a^2)/(b+1) ≤ √π or x > y"
    )
    assert plain_snippet("$$\\begin{aligned}a &= b\\\\ &+ \\sin c\\end{aligned}$$") == (
        "a = b + sin c"
    )
    assert plain_snippet(r"\(x_{i}^{n+1}\) costs $5 and \$6 or $7") == (
        r"x_i^(n+1) costs $5 and \$6 or $7"
    )
    assert plain_snippet("$" + "x" * 2000 + r"\frac{1") == "$" + "x" * 68 + "…"
