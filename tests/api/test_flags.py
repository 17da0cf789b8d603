"""projects/{slug}/flags/ and messages/{uid}/flags/."""

import pytest
from django.utils.timezone import now

from collector.models import MessageFlag
from collector.services.flags import flag_message
from tests.factories import make_project, make_prompt, make_response

URL = "/api/v1/projects/poems/flags/"


@pytest.fixture
def prompt(project):
    flag_message(message=make_prompt(make_project("other-flags")), kind="pii")  # could leak
    return make_prompt(project, "Who is ann@example.org?")


def of(message, rest=""):
    return f"/api/v1/messages/{message.uid}/flags/{rest}"


def test_flags_are_listed_with_the_message_they_are_about(researcher, prompt):
    flag = flag_message(message=prompt, kind="pii", note="an address")
    assert researcher.get(URL).json()["results"] == [
        {
            "message": str(prompt.uid),
            "role": "user",
            "text": "Who is ann@example.org?",
            "kind": "pii",
            "detail": {"by_hand": True, "note": "an address"},
            "created_at": flag.created_at.isoformat().replace("+00:00", "Z"),
            "dismissed_at": None,
        }
    ]


def test_a_flag_is_raised_dismissed_and_restored(researcher, prompt, people):
    assert researcher.post(of(prompt), {"kind": "refusal"}, format="json").status_code == 201
    dismissed = researcher.post(of(prompt, "refusal/dismiss/"))
    assert dismissed.status_code == 200
    assert dismissed.json()["dismissed_at"] is not None
    assert MessageFlag.objects.get(message=prompt).dismissed_by == people["researcher"]
    assert researcher.post(of(prompt, "refusal/restore/")).json()["dismissed_at"] is None
    assert researcher.post(of(prompt, "pii/dismiss/")).status_code == 404
    assert researcher.post(of(prompt), {"kind": "ugly"}, format="json").status_code == 400


def test_the_list_is_filtered_by_kind_and_by_what_was_dismissed(researcher, prompt):
    response = make_response(prompt)
    flag_message(message=prompt, kind="pii")
    flag_message(message=response, kind="refusal")
    researcher.post(of(response, "refusal/dismiss/"))

    def kinds(query):
        return [flag["kind"] for flag in researcher.get(URL + query).json()["results"]]

    assert kinds("") == ["pii", "refusal"]
    assert kinds("?kind=refusal") == ["refusal"]
    assert kinds("?dismissed=true") == ["refusal"]
    assert kinds("?dismissed=false") == ["pii"]
    assert researcher.get(URL + "?kind=ugly").status_code == 400


def test_flags_of_what_was_deleted_are_not_shown(researcher, prompt):
    flag_message(message=prompt, kind="pii")
    type(prompt).objects.filter(pk=prompt.pk).update(deleted_at=now())
    assert researcher.get(URL).json()["results"] == []
    assert researcher.post(of(prompt, "pii/dismiss/")).status_code == 404


def test_the_list_has_a_query_budget(researcher, project, django_assert_num_queries):
    for number in (1, 3):
        while MessageFlag.objects.count() < number:
            flag_message(message=make_prompt(project), kind="pii")
        with django_assert_num_queries(3):
            assert len(researcher.get(URL).json()["results"]) == number
