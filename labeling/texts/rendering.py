"""Markdown of models and imports as safe HTML.

The text is hostile until proven otherwise. Three walls: markdown-it-py runs with raw HTML off, so
markup in the text is shown as text; images become links, so that reading asks no other host; and
nh3 lets only the tags and attributes below through. Texts that a parser could spend seconds on are
shown as they are, in a `<pre>`. Formulas are `labeling.texts.mathematics`' to write, as MathML.
"""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import nh3
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import format as format_tokens
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import _TokenType
from pygments.util import ClassNotFound

from labeling.texts import mathematics, origins
from labeling.texts.directions import mark_directions

MAX_RICH_CHARACTERS = 50_000  # longer texts are shown plain
MAX_RICH_LINES = 3_000
MAX_RICH_LINE = 10_000
MAX_MARKERS = 4_000  # characters that open a construct; parsers go quadratic on piles of them
# Some lexers are quadratic on hostile input, and one token can take them seconds, which no limit
# of time between tokens ends. So the languages are known ones, and the code of one text is short.
MAX_HIGHLIGHTED = 3_000
MAX_HIGHLIGHTED_LINES = 300
HIGHLIGHT_SECONDS = 0.25  # for all code of a text, looked at between tokens
LANGUAGES = frozenset(
    (
        *("python", "py", "python3", "javascript", "js", "jsx", "typescript", "ts", "tsx", "json"),
        *("html", "xml", "css", "scss", "sql", "bash", "sh", "zsh", "shell", "c", "cpp"),
        *("c++", "csharp", "c#", "java", "go", "golang", "rust", "rs", "yaml", "toml", "ini"),
        *("diff", "kotlin", "swift", "ruby", "rb", "php", "r"),
    )
)
MAX_NESTING = 24
PART_LINES = 200  # of a plain text
TOP_HEADING = 3  # responses sit under an h2

PAGE_CHARACTERS = 150_000  # of Markdown on one page, in all
PAGE_HIGHLIGHTED = 6 * MAX_HIGHLIGHTED
PAGE_FORMULAS = 16_000  # characters of TeX on one page
PAGE_TOKENS = 30_000  # blocks, lists and cells of one page, begun and ended

LexedToken = tuple[_TokenType, str]

_MARKERS = "[]*_`~<>!|$"
_SIGNS = re.compile(r"```\w*|[`*#>|~]+")
_ABSOLUTE = re.compile(r"https?://[^/\\]|mailto:.", re.IGNORECASE)
_SCHEMES = {"http", "https", "mailto"}
_LANGUAGE = re.compile(r"[\w+#.-]{1,24}")
_ATTRIBUTES = {
    **{tag: set(attributes) for tag, attributes in mathematics.ATTRIBUTES.items()},
    **{tag: {"dir"} for tag in ("p", "ul", "li", "blockquote", "table", "h3", "h4", "h5", "h6")},
    "a": {"href", "title", "target"},
    "code": {"class"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "ol": {"start", "dir"},
    "pre": {"class", "tabindex", "role", "aria-label"},
    "span": {"class"},
    "td": {"class", "dir"},
    "th": {"class", "dir"},
}
_TAGS = (
    set(_ATTRIBUTES)
    | mathematics.TAGS
    | {
        *("br", "em", "strong", "s", "hr", "thead", "tbody", "tr"),
    }
)


@dataclass
class Budget:
    """What the texts of one page may cost together: each may be moderate and all be too much."""

    characters: int = PAGE_CHARACTERS
    tokens: int = PAGE_TOKENS
    highlighted: int = PAGE_HIGHLIGHTED
    formulas: int = PAGE_FORMULAS

    def covers(self, text: str) -> bool:
        """Whether there is enough left for a text."""
        return len(text) <= self.characters and self.tokens > 0


def render_markdown(text: str, *, budget: Budget | None = None, breaks: bool = True) -> SafeString:
    """HTML of a Markdown text, safe to put into a page; plain text in a `<pre>` if it is too big.

    Headings start at h3 and never skip a level, whatever the text does. What it costs is taken from
    the budget of its page; texts beyond that are plain. Every line is one of its own, as a poem
    needs it; without `breaks` those of a paragraph flow, as its author's editor wrapped them.
    """
    return _rendered(text, _parser(), budget or Budget(), breaks=breaks)[0]


def render_traced(text: str, *, budget: Budget) -> tuple[SafeString, list[int]]:
    """As `render_markdown`, and where in the text each shown character stands (see `origins`)."""
    html, tokens = _rendered(text, _traced_parser(), budget)
    return html, origins.run_of_plain(text) if tokens is None else origins.runs_of(text, tokens)


def _rendered(
    text: str, parser: MarkdownIt, budget: Budget, *, breaks: bool = True
) -> tuple[SafeString, list[Token] | None]:
    """The HTML and the tokens it was made of; none where the text is shown plain."""
    if not budget.covers(text) or not _is_moderate(text):
        return _plain(text), None
    env: EnvType = {"budget": budget, "breaks": breaks}
    tokens = parser.parse(text, env)
    budget.characters -= len(text)
    budget.tokens -= len(tokens)
    if any(token.level >= MAX_NESTING - 2 for token in tokens):
        return _plain(text), None  # the parser drops what is nested deeper
    html = parser.renderer.render(tokens, parser.options, env)
    return _cleaned(html), tokens


def _cleaned(html: str) -> SafeString:
    return mark_safe(  # noqa: S308 - cleaned by an allow-list in this very call
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=_SCHEMES,
            link_rel="noopener noreferrer nofollow",
        )
    )


def _plain(text: str) -> SafeString:
    """The text in parts that a browser lays out when they come into sight: a million lines at once
    would take it seconds.
    """
    lines = text.replace("\0", "").splitlines(keepends=True)
    parts = (
        ("".join(lines[start : start + PART_LINES]),) for start in range(0, len(lines), PART_LINES)
    )
    inside = format_html_join("", '<span class="part">{}</span>', parts)
    return format_html('<pre class="plain" tabindex="0">{}</pre>', inside)


def plain_snippet(text: str, length: int = 70) -> str:
    """The first words of a text on one line without Markdown's signs, for labels."""
    pieces = mathematics.pieces(text[: length * 8])
    bare = "".join(piece if formula else _SIGNS.sub(" ", piece) for piece, formula in pieces)
    line = " ".join(bare.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _is_moderate(text: str) -> bool:
    return (
        len(text) <= MAX_RICH_CHARACTERS
        and text.count("\n") < MAX_RICH_LINES
        and max(map(len, text.split("\n"))) <= MAX_RICH_LINE
        and sum(map(text.count, _MARKERS)) <= MAX_MARKERS
    )


@cache
def _parser() -> MarkdownIt:
    return _new_parser()


@cache
def _traced_parser() -> MarkdownIt:
    parser = _new_parser()
    origins.install(parser)
    return parser


def _new_parser() -> MarkdownIt:
    parser = _Parser(
        "commonmark",
        {"html": False, "maxNesting": MAX_NESTING},
        renderer_cls=_Renderer,
    ).enable(["table", "strikethrough"])
    parser.disable("reference")  # it would hide what was written
    parser.core.ruler.push("heading_levels", _level_headings)
    parser.core.ruler.push("cell_classes", _classes_for_alignment)
    parser.core.ruler.push("directions", mark_directions)
    mathematics.install(parser)
    return parser


class _Parser(MarkdownIt):
    """Links lead to other sites only: a relative one would act on ours, so it is shown as text."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name for it
        return _ABSOLUTE.match(url) is not None


class _Renderer(RendererHTML):
    """The rules that differ: code is highlighted by classes, boxes scroll, images are links."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        language = token.info.strip().split(maxsplit=1)[0] if token.info.strip() else ""
        return _code_block(token.content, language, env)

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return _code_block(tokens[idx].content, "", env)

    def softbreak(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "<br>\n" if env["breaks"] else "\n"

    def math_inline(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        env["budget"].formulas -= len(tokens[idx].content)
        return mathematics.render(tokens[idx], affordable=env["budget"].formulas >= 0)

    math_block = math_inline

    def text_special(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return self.text(tokens, idx, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        alt = self.renderInlineAsText(token.children, options, env) if token.children else ""
        shown = _("[image: %(alt)s]") % {"alt": alt} if alt else _("[image]")
        token.meta["shown"] = shown
        return format_html(
            '<a href="{}" target="_blank">{}</a>', str(token.attrs.get("src", "")), shown
        )

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        tokens[idx].attrSet("target", "_blank")
        return self.renderToken(tokens, idx, options, env)

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        box = format_html(
            '<div class="table-box" tabindex="0" role="group" aria-label="{}">', _("table")
        )
        return box + self.renderToken(tokens, idx, options, env)

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>"


def _code_block(code: str, language: str, env: EnvType) -> str:
    named = _LANGUAGE.fullmatch(language)
    head = f'<div class="code-head">{language}</div>'
    label = escape(_("code in %(language)s") % {"language": language} if named else _("code"))
    return (
        f'<div class="code-box">{head if named else ""}'
        f'<pre tabindex="0" role="group" aria-label="{label}"><code class="hl">'
        f"{_highlighted(code, language, env)}</code></pre></div>\n"
    )


def _highlighted(code: str, language: str, env: EnvType) -> str:
    """Code with classes on its tokens; plain where the language is none of ours or it is long."""
    if language.lower() not in LANGUAGES or not _is_within_budget(code, env):
        return escape(code)
    deadline = env.setdefault("deadline", time.thread_time() + HIGHLIGHT_SECONDS)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
        tokens = list(_in_time(lexer.get_tokens(code), deadline))
    except (ClassNotFound, TimeoutError):
        return escape(code)
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
    return str(format_tokens(tokens, formatter))


def _is_within_budget(code: str, env: EnvType) -> bool:
    """Whether lexers may read this code too, after what they have read of its text and page."""
    env["budget"].highlighted -= len(code)
    env["characters"] = env.get("characters", 0) + len(code)
    env["lines"] = env.get("lines", 0) + code.count("\n")
    return bool(
        env["budget"].highlighted >= 0
        and env["characters"] <= MAX_HIGHLIGHTED
        and env["lines"] <= MAX_HIGHLIGHTED_LINES
    )


def _in_time(tokens: Iterable[LexedToken], deadline: float) -> Iterator[LexedToken]:
    for token in tokens:
        if time.thread_time() > deadline:
            raise TimeoutError
        yield token


def _level_headings(state: StateCore) -> None:
    """Number headings by nesting from h3, so that a reader of the outline meets no gap."""
    outer: list[str] = []
    for token in state.tokens:
        if token.type == "heading_open":
            while outer and outer[-1] >= token.tag:
                outer.pop()
            outer.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(TOP_HEADING - 1 + len(outer), 6)}"


def _classes_for_alignment(state: StateCore) -> None:
    """Cells are aligned by class: a style attribute would be refused by the page's policy."""
    for token in state.tokens:
        if token.type in ("th_open", "td_open"):
            side = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if side in ("center", "right"):
                token.attrs["class"] = f"align-{side}"
