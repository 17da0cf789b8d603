"""Similarity of texts and the bands that find candidates; languages."""

import random

import pytest

from collector.hygiene.languages import detect
from collector.hygiene.near import BANDS, NEAR, bands, shingles, similarity


def test_case_spacing_and_punctuation_make_no_difference():
    assert shingles("Write  a POEM, about cats!") == shingles("write a poem about cats")
    assert similarity(shingles("a"), shingles("b")) == 0.0
    assert similarity(shingles("?!"), shingles("…")) == 1.0


def test_a_letter_more_is_near_and_another_subject_is_not():
    asked = shingles("Write a short poem about the cats of my neighbour in the rain")
    assert (
        similarity(asked, shingles("Write a short poem about the cat of my neighbour in the rain"))
        > NEAR
    )
    assert (
        similarity(asked, shingles("Write a short story on the weather and what it means to us"))
        < 0.2
    )


def test_bands_are_the_same_for_ever():
    found = bands(shingles("hello world"))
    assert len(found) == BANDS
    assert found[:2] == bands(shingles("Hello, world!"))[:2]
    assert all(-(2**63) <= band < 2**63 for band in found)


def test_bands_find_what_is_near_and_little_else():
    drawing = random.Random(3)
    words = [f"w{drawing.randrange(10**6)}x" for _ in range(4000)]
    missed = strangers = 0
    for number in range(200):
        text = words[20 * number : 20 * number + 20]
        near = [*text]
        near[drawing.randrange(20)] = "changed"
        one, other = shingles(" ".join(text)), shingles(" ".join(near))
        if similarity(one, other) >= NEAR:
            missed += not set(bands(one)) & set(bands(other))
        stranger = shingles(" ".join(words[20 * (number - 1) : 20 * number][:20]))
        strangers += bool(set(bands(one)) & set(bands(stranger)))
    assert missed <= 2
    assert strangers == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the best way to learn a language?", "en"),
        ("Wie geht es dir heute, mein Freund?", "de"),
        ("Hola, ¿cómo estás hoy?", "es"),
        ("Bonjour, pouvez-vous m'aider ?", "fr"),
        ("今天天气怎么样？", "zh"),
        ("12345 67", ""),
        ("ok", ""),
        ("", ""),
        ("e3a82186438a9a2ef80c2a3fdba0182fb9b2d5f1", ""),
    ],
)
def test_languages_are_told_where_the_text_tells(text, expected):
    assert detect(text) == expected
