"""What the style sheets promise: colours one can tell apart, and no side of the page by name."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

CSS = Path(__file__).resolve().parent.parent / "static" / "css"
SHEETS = sorted(CSS.glob("*.css"))
TEXT = 4.5  # WCAG 2.2, 1.4.3: text
EDGE = 3.0  # 1.4.11: what one needs to see a control, and the focus

ON_PAGES = ("bg", "surface", "sunken")
# (colours in front, colours behind, least contrast)
PAIRS = [
    (("text", "muted"), (*ON_PAGES, "accent-soft"), TEXT),
    (("accent", "accent-strong"), (*ON_PAGES, "accent-soft"), TEXT),
    (("good", "warn", "bad"), ("bg", "surface"), TEXT),
    (("good",), ("good-soft",), TEXT),
    (("warn",), ("warn-soft",), TEXT),
    (("bad",), ("bad-soft",), TEXT),
    (("accent-ink",), ("accent", "accent-strong"), TEXT),
    (("text",), ("good-soft", "warn-soft", "bad-soft"), TEXT),
    (("edge", "accent"), (*ON_PAGES, "accent-soft"), EDGE),
    (tuple(f"series-{number}" for number in range(1, 9)), ("surface",), EDGE),
]
CODE = ("comment", "keyword", "string", "number", "name", "builtin", "bad")
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?"
    r"|left|right|border-(?:top|bottom)-(?:left|right)-radius"
    r"|(?:text-align|float|clear):\s*(?:left|right))(?=\s*[:;!}])"
)


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def tokens(theme: str) -> dict[str, str]:
    """Colour tokens of a theme: those of all sheets, by name."""
    found: dict[str, str] = {}
    for sheet in SHEETS:
        text = without_comments(sheet.read_text())
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            if f'[data-bs-theme="{theme}"]' in selector.split(",")[-1]:
                found |= dict(re.findall(r"--(?:c-)?([\w-]+):\s*(#[0-9a-f]{6});", body))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_defined() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_what_is_behind_them(theme: str) -> None:
    colours = tokens(theme)
    pale = {
        f"{front} on {back}": round(contrast(colours[front], colours[back]), 2)
        for fronts, backs, least in [*PAIRS, (tuple(f"hl-{c}" for c in CODE), ("sunken",), TEXT)]
        for front, back in product(fronts, backs)
        if contrast(colours[front], colours[back]) < least
    }
    assert pale == {}


def test_the_administration_wears_the_same_accent() -> None:
    unfold: dict[str, Any] = settings.UNFOLD
    colours = unfold["COLORS"]["primary"]
    light, dark = tokens("light"), tokens("dark")
    assert (colours["600"], colours["400"]) == (light["accent"], dark["accent"])
    # White on 600 and 700 are its buttons; 500 and 400 are its links in the dark.
    assert min(contrast(colours[step], "#ffffff") for step in ("500", "600", "700")) >= TEXT
    assert contrast(colours["400"], dark["surface"]) >= TEXT


def test_both_themes_have_the_same_colours() -> None:
    assert set(tokens("light")) == set(tokens("dark"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_style_names_a_side_so_that_pages_turn_round_for_arabic(sheet: Path) -> None:
    meant = ("/* both ways */",)  # code and columns that are aligned as their author says
    lines = sheet.read_text().splitlines()
    sided = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(lines, start=1)
        if PHYSICAL.search(without_comments(line)) and not line.rstrip().endswith(meant)
    ]
    assert sided == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_are_tokens_everywhere_but_where_they_are_defined(sheet: Path) -> None:
    text = without_comments(sheet.read_text())
    uses = re.sub(r"--[\w-]+:[^;]*;", "", text)
    uses = re.sub(r"mask-image:[^;]*;", "", uses)  # of a mask, only how opaque it is counts
    # White, whatever the theme, is what a camera needs to read a QR code.
    assert set(re.findall(r"#[0-9a-f]{3,8}\b(?=[^{}]*\})", uses)) <= {"#fff"}


def test_every_colour_token_that_is_used_is_defined() -> None:
    used = {
        token
        for sheet in SHEETS
        for token in re.findall(r"var\(--c-([\w-]+)\)", without_comments(sheet.read_text()))
    }
    assert used - set(tokens("light")) == set()
