r"""Formulas in Markdown: LaTeX between its usual signs, shown as MathML.

Read are `$$…$$`, `\[…\]`, `\(…\)`, an environment on lines of its own and, carefully, `$…$`: a
dollar sign is a price more often than not. A formula is shown as it was written wherever it is
long, deep, defines commands, or would lose letters or figures on its way: nothing is hidden.
"""

import re
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element

from django.utils.html import escape
from django.utils.translation import gettext as _
from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element
from latex2mathml.symbols_parser import convert_symbol
from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MAX_FORMULA = 1_500  # characters; longer ones are shown as written
MAX_DEPTH = 40

# What the converter may write; everything else about an element is dropped.
TAGS = frozenset(
    (
        *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub"),
        *("msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle"),
    )
)
_FLAG = re.compile(r"true|false")
_LENGTH = re.compile(r"-?(?:[0-3](?:\.\d{1,4})?|\.\d{1,4})(?:em|ex|px)")
ATTRIBUTES: dict[str, dict[str, re.Pattern[str]]] = {
    "math": {"display": re.compile(r"block|inline")},
    "mi": {"mathvariant": re.compile(r"[a-z-]{4,24}")},
    "mo": {
        **dict.fromkeys(("stretchy", "fence", "movablelimits", "accent"), _FLAG),
        **dict.fromkeys(("minsize", "maxsize"), _LENGTH),
        "form": re.compile(r"prefix|infix|postfix"),
    },
    "mfrac": {"linethickness": re.compile(r"0(px|em)?")},
    "mover": {"accent": _FLAG},
    "mspace": {"width": _LENGTH},
    "mstyle": {"displaystyle": _FLAG, "scriptlevel": re.compile(r"[0-2]")},
    "mtd": {"columnalign": re.compile(r"left|right|center")},
}

_FENCES = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"))
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:align|equation|gather)\*?|[pbBvV]?matrix|cases|array|split)\}"
)
_DOLLARS = re.compile(rf"\$(?![\s$])((?:[^$\\`]|\\[^\n`]){{1,{MAX_FORMULA}}})\$(?![\w$])")
_STRONG = re.compile(r"[\\^_]")
_OPERATOR = re.compile(r"[=+<>*/|^_\\-]")
_DEFINES = re.compile(r"\\(?:[a-z]*(?:def|let|command|environment)\b|Declare)")
# Aligned like this the converter adds no numbers that nobody wrote, and breaks every line.
_LINES = re.compile(r"(\\(?:begin|end)\{)(?:align(?:ed|at)?|gather(?:ed)?\*?|equation)\}")
_ENTITY = re.compile(r"&#x[0-9A-Fa-f]{1,6};")
# Arguments that are no content: names of environments, columns, colours, lengths.
_NO_CONTENT = re.compile(
    r"\\(?:begin|end)\s*\{\w+\*?\}(?:\{[lcr|\s]*\})?"
    r"|\\(?:color|textcolor|style|class|hspace|kern|hskip|mkern)\*?\s*\{[^}]*\}"
    r"|\\(?:hskip|kern|mkern|mskip)\s*-?[\d.]+\s*(?:em|ex|mu|pt)"
    r"|\\\\\[[^\]]{1,9}\]|\\[a-zA-Z]+"
)
# On one line, as one would type it.
_ENVIRONMENTS = re.compile(r"\\(?:begin|end)\s*\{\w+\*?\}(?:\{[lcr|\s]*\})?")
_COMMAND = re.compile(r"\\(?!(?:[dt]?frac|sqrt)(?![a-zA-Z]))([a-zA-Z]+|.)", re.DOTALL)
_FUNCTION = re.compile(r"(?:arc|a)?(?:sin|cos|tan)h?|log|ln|lg|exp|lim|max|min|sup|inf|det|gcd|mod")
_ARGUMENT = r"\s*(\{[^{}]*\}|[^\s{}\\])"
_RAISED = re.compile(r"([\^_])\s*(\{[^{}]*\})")
_FRACTION = re.compile(rf"\\[dt]?frac{_ARGUMENT}{_ARGUMENT}")
_ROOT = re.compile(rf"\\sqrt(?!\s*\[){_ARGUMENT}")
_FAILURES: tuple[type[Exception], ...] = (
    *(kind for kind in vars(exceptions).values() if isinstance(kind, type)),
    *(ValueError, LookupError, TypeError, AttributeError, RuntimeError, StopIteration),
)


def install(parser: MarkdownIt) -> None:
    """Teach a parser the tokens `math_inline` and `math_block`: TeX in `content`, all in `meta`."""
    interrupts: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    parser.block.ruler.before("fence", "math_block", _block, interrupts)
    parser.inline.ruler.before("escape", "math_inline", _inline)


def render(token: Token, *, affordable: bool) -> str:
    """MathML of a formula's token; its source in `<code>` if it cannot be had or afforded."""
    block = token.type == "math_block"
    html = mathml(token.content, block=block) if affordable else None
    if html is None:
        html = f'<code class="formula">{escape(token.meta["source"])}</code>'
    if not block:
        return html
    label = escape(_("formula"))
    return f'<div class="formula-box" tabindex="0" role="group" aria-label="{label}">{html}</div>\n'


def mathml(tex: str, *, block: bool) -> str | None:
    """The formula as MathML with nothing but the tags and attributes above, or None."""
    if len(tex) > MAX_FORMULA or _DEFINES.search(tex) or not _is_closed(tex):
        return None
    try:
        root = convert_to_element(
            _LINES.sub(r"\1align*}", tex), display="block" if block else "inline"
        )
        html = "".join(_written(root, 0))
    except _FAILURES:
        return None
    return html if _is_whole(tex, root) else None


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in order, cut at its formulas, which come in signs one reads on a line."""
    begin = at = 0
    while at < len(text):
        found = _fenced(text, at) or _dollars(text, at)
        if found:
            yield text[begin:at], False
            yield _on_a_line(found[0]), True
            begin = at = found[1]
        else:
            at += 2 if text[at] == "\\" else 1
    yield text[begin:], False


def _on_a_line(tex: str) -> str:
    line = _COMMAND.sub(_sign_of, _ENVIRONMENTS.sub(" ", tex))
    for _depth in range(4):
        line = _RAISED.sub(lambda found: found[1] + _grouped(found[2]), line)
        line = _ROOT.sub(lambda found: "√" + _grouped(found[1]), line)
        line = _FRACTION.sub(lambda found: f"{_grouped(found[1])}/{_grouped(found[2])}", line)
    return " ".join(re.sub(r"\\[dt]?frac|[{}&]", "", line.replace("\\sqrt", "√")).split())


def _sign_of(command: re.Match[str]) -> str:
    name = command[1]
    if not name.isalpha():
        return name if name in "{}%$#_&|" else " "
    code = convert_symbol(f"\\{name}")
    if code:
        return chr(int(code, 16))
    return f"{name} " if _FUNCTION.fullmatch(name) else ""


def _grouped(part: str) -> str:
    part = part.strip("{} ")
    return part if part.isalnum() or len(part) == 1 else f"({part})"


def _written(element: Element, depth: int) -> Iterator[str]:
    """Serialise what is allowed; an element that is not becomes an `mrow`, its content stays."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    tag = element.tag if element.tag in TAGS else "mtext" if element.text else "mrow"
    allowed = ATTRIBUTES.get(tag, {})
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in allowed and allowed[name].fullmatch(value)
    )
    yield f"<{tag}{attributes}>"
    yield escape(_text_of(element))
    for child in element:
        yield from _written(child, depth + 1)
    yield f"</{tag}>"


def _text_of(element: Element) -> str:
    """The converter writes its own signs as entities; what else looks like one was typed."""
    return _ENTITY.sub(lambda match: unescape(match[0]), element.text or "")


def _is_closed(tex: str) -> bool:
    """Whether every brace has its other half: a half one takes with it what it stands for."""
    bare = re.sub(r"\\.", "", tex)
    return bare.count("{") == bare.count("}")


def _is_whole(tex: str, root: Element) -> bool:
    """Whether as many letters and figures arrived as were sent."""
    sent = sum(map(str.isalnum, _NO_CONTENT.sub("", tex)))
    arrived = sum(sum(map(str.isalnum, _text_of(element))) for element in root.iter())
    return arrived >= sent


def _inline(state: StateInline, silent: bool) -> bool:
    found = _fenced(state.src, state.pos) or _dollars(state.src, state.pos)
    if not found:
        return False
    tex, end = found
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = tex
        token.meta = {"source": state.src[state.pos : end]}
    state.pos = end
    return True


def _fenced(source: str, start: int) -> tuple[str, int] | None:
    for opening, closing in _FENCES:
        if source.startswith(opening, start):
            end = source.find(closing, start + 2, start + MAX_FORMULA)
            tex = source[start + 2 : end].strip() if end > 0 else ""
            return (tex, end + 2) if tex else None
    return None


def _dollars(source: str, start: int) -> tuple[str, int] | None:
    if source[start] != "$" or (
        start and (source[start - 1].isalnum() or source[start - 1] == "$")
    ):
        return None
    found = _DOLLARS.match(source, start)
    return (found[1], found.end()) if found and _is_no_price(found[1]) else None


def _is_no_price(tex: str) -> bool:
    """Whether what stands between two dollar signs is a formula rather than "5 and US"."""
    if tex[-1].isspace() or "\n\n" in tex:
        return False
    words = re.findall(r"[^\W\d_]{2,}", tex)
    if "\\" in tex:
        return True
    if tex[0].isdigit() and words:
        return False
    if _STRONG.search(tex):
        return all(len(word) < 8 for word in words)
    if any(len(word) > 3 for word in words):
        return False
    return " " not in tex or _OPERATOR.search(tex) is not None


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line):
        return False
    first = _line(state, start_line)
    environment = _ENVIRONMENT.match(first)
    closing = f"\\end{{{environment[1]}}}" if environment else dict(_FENCES[:2]).get(first[:2])
    if closing is None:
        return False
    opening = "" if environment else first[:2]
    lines = [first[len(opening) :]]
    line = start_line
    while not lines[-1].rstrip().endswith(closing):
        line += 1
        too_long = sum(map(len, lines)) > MAX_FORMULA
        if line >= end_line or too_long or _is_outside(state, line):
            return False
        lines.append(_line(state, line))
    tex = "\n".join(lines).rstrip()
    tex = tex if environment else tex.removesuffix(closing).strip()
    if not tex or (not environment and closing in tex):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content = tex
        token.block = True
        token.map = [start_line, line + 1]
        token.meta = {"source": tex if environment else f"{opening}{tex}{closing}"}
    state.line = line + 1
    return True


def _is_outside(state: StateBlock, line: int) -> bool:
    return not state.isEmpty(line) and state.sCount[line] < state.blkIndent


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
