"""Every string that people see is marked, and every catalogue has all of them."""

import re
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils.translation import gettext, override, to_locale

from config.translations import LOCALE_DIR, LOCALES, catalogue, extracted, problems

BASE_DIR = Path(settings.BASE_DIR)
TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
SPOKEN = ("aria-label", "title", "placeholder", "alt")
# The same in every language, and the name of a class of styles.
NAMES = re.compile(r"\b(Concord|Markdown|JSON|CSV|API|UTC|SHA-256|Authorization: Token|beside)\b")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return extracted()


def test_the_interface_speaks_the_languages_of_the_catalogues() -> None:
    assert [to_locale(code) for code, _name in settings.LANGUAGES] == list(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_string_is_missing(template: Catalog, locale: str) -> None:
    """After adding strings: `make messages`, then translate what is empty."""
    assert problems(locale, template) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_compiled_is_what_is_written(locale: str) -> None:
    with (LOCALE_DIR / locale / "LC_MESSAGES/django.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for message in catalogue(locale):
        if not message.id:
            continue
        if isinstance(message.id, str):
            context = message.context
            found = (
                compiled.pgettext(context, message.id) if context else compiled.gettext(message.id)
            )
            assert found == message.string
        else:
            one, other = message.id
            found_of = {compiled.ngettext(one, other, count) for count in (1, 1000)}
            assert found_of <= set(message.string or ())


def test_a_missing_string_is_found(template: Catalog) -> None:
    template.add("Never translated.", locations=[("nowhere.py", 1)])
    try:
        assert problems("de", template) == ["de: missing: 'Never translated.'"]
    finally:
        template.delete("Never translated.")


def test_catalogues_are_in_use() -> None:
    with override("de"):
        assert gettext("Guidelines") == "Richtlinien"
    with override("ar"):
        assert gettext("Guidelines") != "Guidelines"


class _Visible(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "kbd"}:
            self.hidden = tag
        self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if tag == self.hidden:
            self.hidden = ""

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.texts.append(data)


def unmarked(source: str) -> list[str]:
    """Pieces of a template's own text that hold words and that no translation tag wraps."""
    kept = []
    block = ""
    for token in Lexer(source).tokenize():
        name = next(iter(token.contents.split()), "")
        if token.token_type == TokenType.BLOCK:
            if name in {"blocktranslate", "comment", "blocktrans"}:
                block = name
            elif name == f"end{block}":
                block = ""
        elif token.token_type == TokenType.TEXT and not block:
            kept.append(token.contents)
    reader = _Visible()
    whole = "\x00".join(kept).replace("<\x00", "<of-some-kind ")
    reader.feed(re.sub(r"<[^<>]*>", lambda tag: tag[0].replace("\x00", " "), whole))
    texts = [NAMES.sub("", text.replace("\x00", " ")).strip() for text in reader.texts]
    return [text for text in texts if re.search(r"[A-Za-z]{2}", text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_every_word_of_a_template_is_marked(path: Path) -> None:
    assert unmarked(path.read_text("utf-8")) == []


def test_an_unmarked_word_is_found() -> None:
    source = (
        '{% load i18n %}<p title="{% translate "a" %}">Hello {{ x }}</p><b aria-label="Bye"></b>'
    )
    assert unmarked(source) == ["Hello", "Bye"]
