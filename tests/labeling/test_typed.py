"""What is given back to somebody whose answer could not be counted: all they wrote."""

import orjson
import pytest
from django.template.loader import render_to_string

from collector.models import Project
from labeling.pages.forms import AnswerForm
from labeling.pages.typed import typed_in
from tests import factories

MARK = {"response": "2", "start": 4, "end": 7, "label": "wrong", "note": "Which <one>?"}
QUOTED = MARK | {"quote": "hot & tea"}


def test_marks_are_given_back_with_their_words_and_notes() -> None:
    posted = orjson.dumps([QUOTED, {"label": None}, "odd"]).decode()
    nothing = {"response": "", "label": "", "quote": "", "note": ""}
    told = {"response": "2", "label": "wrong", "quote": "hot & tea", "note": "Which <one>?"}
    assert typed_in({"ranking": "2 1", "spans": posted}) == {
        "ranking": "2 1",
        "marks": [told, nothing],
    }


@pytest.mark.parametrize("posted", ["", "[]", "{}", "no JSON", "7"])
def test_what_is_no_list_of_marks_is_passed_over(posted: str) -> None:
    assert typed_in({"spans": posted}) == {}


@pytest.mark.django_db
def test_the_page_of_a_lost_answer_shows_the_marks() -> None:
    project: Project = factories.make_project("tea")
    lost = {"gone": True, "typed": typed_in({"spans": orjson.dumps([QUOTED]).decode()})}
    html = render_to_string("labeling/lost.html", {"lost": lost, "project": project})
    assert "Response 2 · Marked text: wrong" in html
    assert '<q dir="auto">hot &amp; tea</q>' in html
    assert "Which &lt;one&gt;?" in html


def test_the_words_of_a_mark_are_no_part_of_the_answer() -> None:
    data = {"submit_key": "k" * 32, "ranking": "2 1", "spans": orjson.dumps([QUOTED]).decode()}
    form = AnswerForm(data, places=2)
    assert form.is_valid(), form.errors
    assert form.answer().spans == [MARK]
