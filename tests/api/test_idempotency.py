"""Idempotency-Key: whatever is sent again, and however, is done once and answered alike."""

from copy import copy
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from knox.models import AuthToken

from accounts.services import accept_consent, labeler_of
from api import idempotency
from api.chores import forget_old_answers
from api.models import IdempotentAnswer
from collector.models import ImportJob, Invitation, Membership, Project
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.api.conftest import client_of
from tests.factories import make_answered_prompts, make_member, make_project
from tests.labeling.work import together

PROJECTS = "/api/v1/projects/"
KEY = "5f1d6c1e"


def code_of(response) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["code"]


def post(client, path, body, key=KEY):
    return client.post(path, body, format="json", headers={"Idempotency-Key": key})


def test_a_request_that_is_sent_again_is_done_once(researcher):
    first = post(researcher, PROJECTS, {"slug": "jokes", "name": "Jokes"})
    again = post(researcher, PROJECTS, {"name": "Jokes", "slug": "jokes"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == "application/json"
    assert Project.objects.filter(slug="jokes").count() == 1


def test_another_request_under_the_key_is_refused(researcher):
    post(researcher, PROJECTS, {"slug": "jokes"})
    other_body = post(researcher, PROJECTS, {"slug": "riddles"})
    other_address = post(researcher, f"{PROJECTS}poems/members/", {"slug": "jokes"})
    assert code_of(other_body) == code_of(other_address) == (422, "idempotency_key_reused")
    assert not Project.objects.filter(slug="riddles").exists()


def test_a_key_is_its_callers_own(researcher, clients):
    post(researcher, PROJECTS, {"slug": "jokes"})
    others = post(clients["admin"], PROJECTS, {"slug": "jokes"})
    assert code_of(others) == (409, "conflict")
    assert "Idempotency-Replayed" not in others


def test_what_was_refused_may_be_mended_and_sent_again(researcher):
    refused = post(researcher, PROJECTS, {"slug": "a b"})
    assert code_of(refused) == (400, "invalid")
    assert post(researcher, PROJECTS, {"slug": "a-b"}).status_code == 201


def test_who_lost_the_right_gets_no_answer_again(people, project):
    client = client_of(people["researcher"])
    path = f"{PROJECTS}poems/invitations/"
    assert post(client, path, {"role": "labeler"}).status_code == 201
    people["researcher"].memberships.update(role=Membership.Role.TRAINER)
    assert post(client, path, {"role": "labeler"}).status_code == 403


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "schlüssel"])
def test_a_key_that_is_none(researcher, key):
    response = researcher.post(PROJECTS, {"slug": "jokes"}, format="json", HTTP_IDEMPOTENCY_KEY=key)
    assert code_of(response) == (400, "invalid_input")
    assert response.json()["errors"][0]["attr"] == "Idempotency-Key"
    assert not Project.objects.filter(slug="jokes").exists()


def test_an_answer_with_a_secret_is_given_again_and_lies_nowhere_readable(researcher):
    body = {"email": "new@example.org", "role": "labeler"}
    first = post(researcher, f"{PROJECTS}poems/members/", body)
    again = post(researcher, f"{PROJECTS}poems/members/", body)
    token = first.json()["token"]
    assert again.json()["token"] == token
    assert AuthToken.objects.filter(user__email="new@example.org").count() == 1
    stored = " ".join(map(str, IdempotentAnswer.objects.values_list().get()))
    assert token not in stored
    assert KEY not in stored


def test_a_secret_key_that_was_changed_since_still_reads_it(researcher, settings):
    first = post(researcher, PROJECTS, {"slug": "jokes"})
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret"
    assert post(researcher, PROJECTS, {"slug": "jokes"}).content == first.content


def upload(client, content):
    file = SimpleUploadedFile("prompts.csv", content)
    body = {"file": file, "preset": "table", "map": "prompt=question"}
    return client.post(
        f"{PROJECTS}poems/imports/",
        body,
        format="multipart",
        headers={"Idempotency-Key": KEY},
    )


def test_files_are_compared_by_what_is_in_them(researcher, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    first = upload(researcher, b"question\nWhy?\n")
    assert first.status_code == 202
    assert upload(researcher, b"question\nWhy?\n").content == first.content
    assert code_of(upload(researcher, b"question\nHow?\n")) == (422, "idempotency_key_reused")
    assert ImportJob.objects.count() == 1


def test_lines_are_taken_as_they_come(researcher, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    answers = [
        researcher.generic(
            "POST",
            f"{PROJECTS}poems/imports/",
            b'{"prompt": "Why?"}\n',
            content_type="application/jsonl",
            headers={"Idempotency-Key": KEY},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert str(ImportJob.objects.get().uid) == answers[0].json()["id"]


def test_an_answer_without_a_body_is_given_again_as_it_was(labeler, people, project):
    accept_consent(labeler=labeler_of(user=people["labeler"]))
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 1, 2)
    build_tasks(project=project)
    slot = labeler.post(f"{PROJECTS}poems/claim/", {}, format="json").json()["slot"]
    path = f"/api/v1/slots/{slot}/skip/"
    answers = [post(labeler, path, {"reason": "unclear"}) for _ in range(2)]
    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 2
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert [answer.headers.get("Content-Type") for answer in answers] == [None, None]
    other = post(labeler, path, {"reason": "harmful"})
    assert code_of(other) == (422, "idempotency_key_reused")


def test_nothing_to_do_is_said_anew_each_time(labeler, people, project):
    accept_consent(labeler=labeler_of(user=people["labeler"]))
    set_policy(project=project, responses=2)
    claim = f"{PROJECTS}poems/claim/"
    assert post(labeler, claim, {}).status_code == 204
    make_answered_prompts(project, 1, 2)
    build_tasks(project=project)
    found = post(labeler, claim, {})
    assert found.status_code == 200
    assert post(labeler, claim, {}).content == found.content


def test_an_old_answer_is_forgotten(researcher):
    post(researcher, PROJECTS, {"slug": "jokes"})
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert code_of(post(researcher, PROJECTS, {"slug": "jokes"})) == (409, "conflict")
    assert post(researcher, PROJECTS, {"slug": "riddles"}).status_code == 201
    assert IdempotentAnswer.objects.count() == 1


def test_beat_deletes_old_answers_and_no_others(researcher):
    post(researcher, PROJECTS, {"slug": "jokes"}, key="old")
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    post(researcher, PROJECTS, {"slug": "riddles"}, key="new")
    forget_old_answers()
    assert IdempotentAnswer.objects.count() == 1
    assert post(researcher, PROJECTS, {"slug": "riddles"}, key="new").status_code == 201


def test_a_failure_leaves_neither_key_nor_deed(researcher, monkeypatch):
    """What is done and its answer are in one transaction."""

    def breaks(self, value):
        raise RuntimeError("no storage")

    monkeypatch.setattr("cryptography.fernet.MultiFernet.encrypt", breaks)
    researcher.raise_request_exception = False
    assert post(researcher, PROJECTS, {"slug": "jokes"}).status_code == 500
    assert not Project.objects.filter(slug="jokes").exists()
    monkeypatch.undo()
    assert post(researcher, PROJECTS, {"slug": "jokes"}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_at_once_one_does_it_and_all_get_its_answer():
    researcher = make_member(make_project("poems"), Membership.Role.RESEARCHER)
    client = client_of(researcher)

    def send(_index):
        return post(copy(client), f"{PROJECTS}poems/invitations/", {"role": "labeler"}).content

    assert len(set(together(6, send))) == 1
    assert Invitation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_is_told_to_come_again(monkeypatch):
    researcher = make_member(make_project("poems"), Membership.Role.RESEARCHER)
    client = client_of(researcher)
    monkeypatch.setattr(idempotency, "_WAIT", "50ms")
    post(client, PROJECTS, {"slug": "jokes"})
    answers = []

    def meanwhile(_index):
        answers.append(post(client, PROJECTS, {"slug": "jokes"}))

    with transaction.atomic():
        digest = IdempotentAnswer.objects.get().key_hash
        idempotency._wait_for_turn(f"{researcher.pk}:{digest}")
        together(1, meanwhile)
    assert code_of(answers[0]) == (409, "request_in_progress")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_without_a_key_nothing_is_kept(researcher):
    assert researcher.post(PROJECTS, {"slug": "jokes"}, format="json").status_code == 201
    assert researcher.get(PROJECTS, headers={"Idempotency-Key": KEY}).status_code == 200
    assert not IdempotentAnswer.objects.exists()


def test_strangers_get_no_answers(clients):
    assert post(clients["nobody"], PROJECTS, {"slug": "jokes"}).status_code == 401
    assert not IdempotentAnswer.objects.exists()
