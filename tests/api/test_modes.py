"""claim/ and slots/{slot}/submit/ in every judgement mode."""

from typing import Any

import pytest

from accounts.services import accept_consent, labeler_of
from labeling.models import Judgment
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.factories import make_answered_prompts

CLAIM = "/api/v1/projects/poems/claim/"
YES_NO = [{"value": True, "label": "yes"}, {"value": False, "label": "no"}]


@pytest.fixture
def desk(labeler, people, project):
    """The labeler's client, who has consented; `policy` puts one in force with a task of it."""
    accept_consent(labeler=labeler_of(user=people["labeler"]))

    def with_policy(*modes: str, responses: int = 2) -> Any:
        set_policy(project=project, responses=responses, modes=modes, span_labels=["wrong"])
        make_answered_prompts(project, 1, responses=responses)
        build_tasks(project=project)
        return labeler

    return with_policy


def claim(client) -> Any:
    return client.post(CLAIM, {"holding": []}, format="json").json()


def numbers(*values: float) -> list[dict[str, Any]]:
    return [{"value": value, "label": f"{value:g}"} for value in values]


def test_a_claim_describes_every_question_with_its_scale(desk):
    client = desk("pair", "strength", "confidence", "safety", "spans", "edit", "rationale")
    modes = claim(client)["modes"]
    assert list(modes) == [
        *("pair", "strength", "confidence", "safety", "spans", "edit", "rationale")
    ]
    assert modes["pair"] == {
        "question": "Which response is better?",
        "choices": [
            {"value": "1", "label": "Response 1"},
            {"value": "2", "label": "Response 2"},
            {"value": "tie", "label": "Tie"},
            {"value": "both_bad", "label": "Both are bad"},
        ],
        "low": "",
        "high": "",
        "required": True,
    }
    assert modes["confidence"]["choices"] == numbers(1, 2, 3, 4, 5, 6, 7, 8, 9)
    assert (modes["confidence"]["low"], modes["confidence"]["high"]) == ("a guess", "certain")
    assert [each["value"] for each in modes["strength"]["choices"]] == [3, 2, 1, 0]
    assert [each["value"] for each in modes["safety"]["choices"]] == [
        *("first", "second", "both", "neither")
    ]
    assert modes["spans"] == {"names": ["wrong"]}
    assert modes["rationale"] == {"words": [10, 50]}


def test_a_claim_names_the_questions_of_each_response(desk):
    modes = claim(desk("best", "overall", "attributes", "flags", "labels", responses=3))["modes"]
    assert modes["best"]["choices"] == [
        {"value": place, "label": place} for place in ("1", "2", "3")
    ]
    assert modes["overall"]["names"]["overall"]["choices"] == numbers(1, 2, 3, 4, 5, 6, 7)
    assert list(modes["attributes"]["names"]) == [
        *("helpfulness", "correctness", "coherence", "complexity", "verbosity")
    ]
    assert modes["flags"]["names"]["hallucination"] == {
        "question": "Makes things up",
        "choices": YES_NO,
        "low": "",
        "high": "",
        "required": False,
    }
    labels = modes["labels"]["names"]
    assert (labels["spam"]["choices"], labels["spam"]["required"]) == (YES_NO, True)
    assert labels["quality"]["choices"] == numbers(0, 0.25, 0.5, 0.75, 1)


def test_seven_points_are_described_with_neither_valid(desk):
    choices = claim(desk("pair_7"))["modes"]["pair_7"]["choices"]
    assert [each["value"] for each in choices] == [-3, -2, -1, 0, 1, 2, 3, -100]
    assert choices[-1]["label"] == "Neither is valid"


def test_an_answer_to_every_mode_is_taken(desk):
    client = desk(
        *("pair_7", "confidence", "safety", "overall", "attributes", "flags", "labels"),
        *("spans", "edit", "rationale"),
    )
    task = claim(client)
    answer = {
        "submit_key": "one",
        "tiers": [["2"], ["1"]],
        "strength": 3,
        "answers": {"confidence": 8, "safety": "both"},
        "ratings": {
            "1": {"attributes": {"verbosity": 4}, "flags": {}, "labels": {"spam": False}},
            "2": {"overall": 7, "flags": ["hallucination"], "labels": {"spam": False}},
        },
        "edit": {"response": "2", "text": "Better."},
        "spans": [{"response": "1", "start": 0, "end": 8, "label": "wrong"}],
        "rationale": "Because.",
        "seconds": 3,
    }
    url = f"/api/v1/slots/{task['slot']}/submit/"
    response = client.post(url, answer, format="json")
    assert response.status_code == 201, response.content
    assert client.post(url, answer, format="json").json() == response.json()
    judgment = Judgment.objects.get()
    assert (judgment.strength, judgment.answers) == (3, {"confidence": 8, "safety": "both"})
    assert judgment.edit
    assert judgment.edit.text == "Better."
    assert judgment.spans.get().label == "wrong"
    assert judgment.ratings.get(overall=7).flags == {"hallucination": True}


def test_an_edit_with_another_text_is_another_answer(desk):
    client = desk("pair", "edit")
    task = claim(client)
    url = f"/api/v1/slots/{task['slot']}/submit/"
    answer = {"submit_key": "one", "tiers": [["1"], ["2"]]}
    codes = [
        client.post(
            url, answer | {"edit": {"response": "1", "text": text}}, format="json"
        ).status_code
        for text in ("Better.", "Best.")
    ]
    assert codes == [201, 409]


def test_of_two_edits_the_one_that_stands_is_among_the_responses(desk, researcher):
    client = desk("pair", "edit")
    task = claim(client)
    for text in ("Better.", "Best."):
        answer = {"submit_key": text, "tiers": [["1"], ["2"]]}
        edit = {"edit": {"response": "1", "text": text}}
        client.post(f"/api/v1/slots/{task['slot']}/submit/", answer | edit, format="json")
    prompt = Judgment.objects.first().task.prompt
    responses = researcher.get(f"/api/v1/messages/{prompt.uid}/").json()["responses"]
    assert [each["text"] for each in responses if each["origin"] == "edit"] == ["Best."]
    assert len(responses) == 3
