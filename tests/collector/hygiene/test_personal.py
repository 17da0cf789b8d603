"""Personal data by pattern and check digit. The numbers are the makers' own examples."""

import importlib.util

import pytest

from collector.hygiene.personal import look_for

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("presidio_analyzer") is not None, reason="presidio finds more"
)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("Write to ann.lee+x@mail.example.org, please.", {"email": 1}),
        ("My IBAN is GB82 WEST 1234 5698 7654 32.", {"iban": 1}),
        ("IBAN DE89370400440532013000", {"iban": 1}),
        ("Card: 4111 1111 1111 1111", {"card": 1}),
        ("Call +49 30 901820 or (212) 555-0147.", {"phone": 2}),
        ("212-555-0147 and 078-05-1120", {"phone": 1, "ssn": 1}),
        ("a@b.org c@d.org", {"email": 2}),
    ],
)
def test_found(text, types):
    (found,) = look_for(text)
    assert found.kind == "pii"
    assert found.detail["types"] == types


def test_places_are_those_of_the_text():
    text = "Mail bo@example.org today"
    ((start, end, kind),) = look_for(text)[0].detail["spans"]
    assert (text[start:end], kind) == ("bo@example.org", "email")


@pytest.mark.parametrize(
    "text",
    [
        "GB82 WEST 1234 5698 7654 33",  # wrong check digits
        "4111 1111 1111 1112",
        "Version 1.2.3.4 of 2024-05-06, 12:30:45, costs 1,234,567.89",
        "3.14159265358979 and 1234567890123456789",
        "@decorator def f(x): return x @ y",
        "000-12-3456 666-12-3456 123-00-4567",
        "ISBN 978-3-16-148410-0",
        "2 + 2 = 4",
    ],
)
def test_what_only_looks_like_it(text):
    assert look_for(text) == []
