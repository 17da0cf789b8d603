"""Which tasks a labeler wants: languages and topics, within the claim itself."""

import pytest

from labeling.models import ClaimCursor, Task
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from labeling.services.preferences import save_preferences
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_project, make_prompt, make_response
from tests.labeling.work import claimed, expire, ranking

pytestmark = pytest.mark.django_db

PROMPTS = [
    ("de", ["cooking"]),
    ("en", ["law", "cooking"]),
    ("pt-BR", []),
    ("", ["law"]),
    ("", []),
]


@pytest.fixture
def project():
    project = make_project()
    set_policy(project=project, responses=2)
    for language, tags in PROMPTS:
        prompt = make_prompt(project, language=language, meta={"tags": tags})
        make_response(prompt)
        make_response(prompt, revision="model-b")
    build_tasks(project=project)
    return project


def all_given(project, labeler):
    """The language and topics of every task that a labeler gets, in the order they get them."""
    given = []
    while task := claim(project=project, labeler=labeler):
        submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2"))
        found = Task.objects.get(slots__uid=task.slot)
        given.append((found.language, found.topics))
    return given


def test_tasks_are_described_by_their_prompts(project):
    assert list(Task.objects.order_by("pk").values_list("language", "topics")) == PROMPTS


def test_without_wishes_everything_is_wanted(project):
    labeler = make_labeler()
    save_preferences(labeler=labeler, languages=[], topics=[])
    assert all_given(project, labeler) == PROMPTS


@pytest.mark.parametrize(
    ("languages", "topics", "expected"),
    [
        (["en"], [], [1, 3, 4]),
        (["pt"], [], [2, 3, 4]),  # a pt-BR is a pt
        (["pt-PT", "de"], [], [0, 3, 4]),
        ([], ["law"], [1, 2, 3, 4]),
        (["en", "de"], ["law"], [1, 3, 4]),
        (["zh"], ["art"], [4]),  # what does not say its own suits everybody
    ],
)
def test_tasks_in_other_languages_and_of_other_topics_are_passed(
    project, languages, topics, expected
):
    labeler = make_labeler()
    save_preferences(labeler=labeler, languages=languages, topics=topics)
    save_preferences(labeler=make_labeler(), languages=["ja"])
    assert all_given(project, labeler) == [PROMPTS[place] for place in expected]


def test_another_wish_brings_back_what_was_passed(project):
    labeler = make_labeler()
    save_preferences(labeler=labeler, languages=["pt"])
    first = claimed(project, labeler)
    submit(slot_uid=first.slot, labeler=labeler, answer=ranking("1", "2"))
    assert ClaimCursor.objects.get(labeler=labeler).seq > 0
    save_preferences(labeler=labeler, languages=["de"])
    assert not ClaimCursor.objects.filter(labeler=labeler).exists()
    assert Task.objects.get(slots__uid=claimed(project, labeler).slot).language == "de"


def test_an_expired_task_is_given_to_none_who_does_not_want_it(project):
    ana, bo = make_labeler(), make_labeler()
    save_preferences(labeler=bo, languages=["pt"], topics=["art"])
    expire(claimed(project, ana).slot)
    assert all_given(project, bo) == [PROMPTS[2], PROMPTS[4]]
