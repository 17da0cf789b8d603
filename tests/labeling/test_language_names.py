"""What a language is called by those who speak it."""

import pytest

from labeling.texts.language_names import language_name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("de", "Deutsch"),
        ("fr", "Français"),
        ("pt", "Português"),
        ("pt-BR", "Português Brasileiro"),
        ("zh", "中文"),
        ("zh-Hans", "简体中文"),
        ("zh-Hant-TW", "中文"),
        ("yo-NG", "Yorùbá"),
        ("de-CH", "Deutsch"),
    ],
)
def test_a_language_goes_by_its_own_name(code: str, name: str) -> None:
    assert language_name(code) == name


@pytest.mark.parametrize("code", ["xx", "tlh", ""])
def test_a_language_nobody_named_goes_by_its_code(code: str) -> None:
    assert language_name(code) == code
