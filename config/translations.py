"""The catalogues of the interface's languages: brought up to date, and checked.

`python -m config.translations` (`make messages`) extracts every marked string of the source into
`locale/*/LC_MESSAGES/django.po` (new ones are empty, those no longer used are dropped) and compiles
what is there. English is the source: its catalogue fills itself. A test calls `problems`.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALE_DIR = BASE_DIR / "locale"
SOURCE = "en"
LOCALES = ("en", "de", "fr", "es", "pt_BR", "zh_Hans", "ar")
CODE = (
    "accounts",
    "api",
    "audit",
    "collector",
    "common",
    "config",
    "dashboard",
    "exports",
    "labeling",
)
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # a compiled catalogue changes when its strings do
_PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
_MARKUP = re.compile(r"</?[a-z]+|&[a-z]+;")
Key = tuple[str | tuple[str, ...], str | None]


def extracted() -> Catalog:
    """Every marked string of Python files and templates, with the files it stands in."""
    from django.conf import settings  # noqa: PLC0415 - only the templates' parser asks for it
    from django.utils.translation.template import templatize  # noqa: PLC0415 - likewise

    if not settings.configured:
        settings.configure(USE_I18N=True)
    catalog = Catalog()
    for path in _sources():
        text = path.read_text("utf-8")
        if path.suffix != ".py":
            text = "\n".join(line.strip() for line in templatize(text).splitlines())
        for _line, message, _comments, context in extract(
            "python", BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
        ):
            catalog.add(message, context=context, locations=[(str(path.relative_to(BASE_DIR)), 0)])
    return catalog


def _sources() -> Iterator[Path]:
    for folder in CODE:
        for path in sorted((BASE_DIR / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
    for path in sorted((BASE_DIR / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            yield path


def catalogue(locale: str) -> Catalog:
    """The strings of a locale as they stand; an empty catalogue where there is none yet."""
    path = _po(locale)
    if not path.exists():
        return Catalog(locale=locale, project="Concord", version="1")
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def _po(locale: str) -> Path:
    return LOCALE_DIR / locale / "LC_MESSAGES" / "django.po"


def update(locale: str, template: Catalog) -> Catalog:
    """Bring a locale's files up to date and return what they hold."""
    known = {_key(message): message.string for message in catalogue(locale) if message.id}
    fresh = Catalog(
        locale=locale,
        project="Concord",
        version="1",
        creation_date=EPOCH,
        revision_date=EPOCH,
        fuzzy=False,
    )
    for message in template:
        if message.id:
            string = message.id if locale == SOURCE else known.get(_key(message), "")
            fresh.add(message.id, string, message.locations, context=message.context)
    path = _po(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_po_bytes(fresh))
    path.with_suffix(".mo").write_bytes(_mo_bytes(fresh))
    return fresh


def _key(message: Any) -> Key:
    identity = message.id if isinstance(message.id, str) else tuple(message.id)
    return identity, message.context


def _po_bytes(catalog: Catalog) -> bytes:
    """Without dates, versions and line numbers: a file changes when its strings do."""
    file = BytesIO()
    write_po(file, catalog, width=100, include_lineno=False, sort_output=True, omit_header=True)
    header = "\n".join(
        (
            'msgid ""',
            'msgstr ""',
            f'"Language: {catalog.locale_identifier}\\n"',
            '"MIME-Version: 1.0\\n"',
            '"Content-Type: text/plain; charset=utf-8\\n"',
            '"Content-Transfer-Encoding: 8bit\\n"',
            f'"Plural-Forms: {catalog.plural_forms}\\n"',
        )
    )
    return header.encode() + b"\n\n" + file.getvalue().strip() + b"\n"


def _mo_bytes(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def problems(locale: str, template: Catalog) -> list[str]:
    """What keeps a locale's catalogue from being complete and right, a line each."""
    stored = {_key(message): message for message in catalogue(locale) if message.id}
    wanted = {_key(message): message for message in template if message.id}
    found = [f"{locale}: no longer used: {identity!r}" for identity, _ in stored.keys() - wanted]
    for key, message in wanted.items():
        if key not in stored or not _is_whole(stored[key]):
            found.append(f"{locale}: missing: {message.id!r}")
        else:
            found += _differences(locale, stored[key])
    return sorted(found)


def _is_whole(message: Any) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    return bool(strings) and all(strings)


def _differences(locale: str, message: Any) -> Iterator[str]:
    """Placeholders and markup that a translation lost, made up or spelt differently.

    Of plural forms the one for many counts; the others may say "one" in words.
    """
    plural = not isinstance(message.id, str)
    original = message.id[-1] if plural else message.id
    string = message.string[-1] if plural else message.string
    for what, pattern in (("placeholders", _PLACEHOLDERS), ("markup", _MARKUP)):
        if sorted(pattern.findall(original)) != sorted(pattern.findall(string)):
            yield f"{locale}: other {what} than the original: {string!r}"


def main() -> int:
    template = extracted()
    for locale in LOCALES:
        fresh = update(locale, template)
        missing = [message.id for message in fresh if message.id and not _is_whole(message)]
        print(f"{locale}: {len(fresh)} strings, {len(missing)} missing")  # noqa: T201 - its output
    return 0


if __name__ == "__main__":
    sys.exit(main())
