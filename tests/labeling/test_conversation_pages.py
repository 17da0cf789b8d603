"""The list of conversations and the page of one, over HTTP."""

import re

import pytest

from accounts.services import labeler_of
from collector.models import MessageFlag
from labeling.finding import PAGE
from labeling.models import Adjudication, Mask
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.factories import make_member, make_project, make_prompt, make_response
from tests.labeling.pages import html, sign_in
from tests.labeling.work import judge

pytestmark = pytest.mark.django_db
URL = "/projects/tea/conversations/"


@pytest.fixture
def project():
    project = make_project("tea", name="Tea")
    set_policy(project=project, responses=2, modes=["rank", "rationale"])
    return project


@pytest.fixture
def researcher(project):
    return sign_in(make_member(project, "researcher"))


@pytest.fixture
def reviewer(project):
    return sign_in(make_member(project, "reviewer"))


@pytest.fixture
def prompt(project):
    prompt = make_prompt(project, "Which tea is <best>?")
    make_response(prompt, "Green tea, says **gamma**.", revision="gamma")
    make_response(prompt, "Black tea.", revision="delta")
    return prompt


def found(page):
    return re.findall(r"#m-([0-9a-f-]{36})\"", page)


def test_the_list_has_the_projects_conversations_newest_first(project, prompt, researcher):
    later = make_prompt(project, "And coffee?")
    make_prompt(make_project(), "Somebody else's?")
    page = html(researcher.get(URL))
    assert found(page) == [str(later.uid), str(prompt.uid)]
    assert "Which tea is &lt;best&gt;?" in page
    assert "Somebody" not in page


def test_a_search_marks_the_words_and_names_the_models(prompt, researcher):
    page = html(researcher.get(URL, {"q": "tea"}))
    assert found(page) == [str(each.uid) for each in [*prompt.children.order_by("-pk"), prompt]]
    assert page.count("<mark>tea</mark>") == 3
    assert "gamma" in page
    assert "Nothing found" in html(researcher.get(URL, {"q": "cocoa"}))
    refused = researcher.get(URL, {"q": "-tea"})
    assert refused.status_code == 400
    assert "Say at least one word to look for." in html(refused)
    assert researcher.get(URL, {"judged": "nonsense", "older": ""}).status_code == 200
    assert researcher.get(URL, {"older": "nonsense"}).status_code == 404


def test_pages_lead_on_and_back_and_keep_the_search(project, researcher):
    made = [str(make_prompt(project, f"Cup {number}?").uid) for number in range(PAGE + 2)][::-1]
    first = html(researcher.get(URL, {"q": "cup"}))
    assert found(first) == made[:PAGE]
    [onward] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = html(researcher.get(URL + onward.replace("&amp;", "&")))
    assert found(second) == made[PAGE:]
    assert 'rel="next"' not in second
    [back] = re.findall(r'rel="prev" href="([^"]+)"', second)
    assert found(html(researcher.get(URL + back.replace("&amp;", "&")))) == made[:PAGE]


def test_a_conversation_shows_the_tree_the_votes_and_the_decision(project, prompt, researcher):
    build_tasks(project=project)
    ana = labeler_of(user=make_member(project, "labeler"))
    judgment = judge(project, ana, rationale="It <is> fresh.")
    first, second = prompt.children.order_by("pk")
    follow = make_prompt(project, "Why?", parent=second, root=prompt, depth=2)
    MessageFlag.objects.create(message=first, kind="pii")
    Adjudication.objects.create(project=project, task=judgment.task, disagreement=1)
    page = html(researcher.get(f"{URL}{second.uid}/"))
    order = re.findall(r'<article [^>]*id="m-([0-9a-f-]{36})"', page)
    assert order == [str(each.uid) for each in (prompt, first, second, follow)]
    for words in ("gamma", "delta", "personal data", ana.pseudonym, "It &lt;is&gt; fresh."):
        assert words in page, words
    assert "Waits for an expert to decide." in page
    assert "To the disagreement" not in page  # which is the reviewers'


def test_reviewers_read_blind(project, prompt, reviewer):
    build_tasks(project=project)
    first = prompt.children.order_by("pk")[0]
    Mask.objects.update_or_create(
        response=first, defaults={"text": "Green tea, says █████.", "spans": [[18, 23]]}
    )
    pages = [html(reviewer.get(address)) for address in (URL, f"{URL}?q=tea", f"{URL}{first.uid}/")]
    for page in pages:
        assert "gamma" not in page
        assert "delta" not in page
    assert "█████" in pages[2]
    assert "without knowing who wrote" in pages[2]
    assert found(html(reviewer.get(URL, {"q": "gamma"}))) == []
    assert found(html(reviewer.get(URL, {"generator": "gamma"}))) == [str(prompt.uid)]  # no filter


def test_a_conversation_of_another_project_is_not_there(prompt, researcher):
    other = make_prompt(make_project(), "Theirs?")
    assert researcher.get(f"{URL}{other.uid}/").status_code == 404
    assert researcher.get(URL, {"older": other.uid}).status_code == 404


def test_the_pages_cost_the_same_whatever_they_show(
    project, researcher, django_assert_max_num_queries
):
    prompt = make_prompt(project, "Tea?")
    make_response(prompt, revision="gamma")
    for _ in range(3):
        make_response(prompt, "More tea.", revision=f"model-{prompt.children.count()}")
        make_prompt(project, f"Tea {project.messages.count()}?")
    build_tasks(project=project)
    researcher.get(URL)  # the first page keeps its token in the session
    for address in (URL, f"{URL}?q=tea", f"{URL}{prompt.uid}/"):
        with django_assert_max_num_queries(15):
            assert researcher.get(address).status_code == 200
