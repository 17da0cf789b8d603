"""One's data: downloaded whole, unlinked, or erased with all one wrote; others' stays."""

import json
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Membership, Message, NotificationSwitches, Project
from collector.text import content_hash
from labeling.models import (
    GoldItem,
    Judgment,
    LabelerStanding,
    Letter,
    Mask,
    Opinion,
    Report,
    Skip,
    Slot,
    Span,
    StandingChange,
    Task,
)
from labeling.models.judgments import Purpose
from labeling.services.building import build_tasks
from labeling.services.claiming import claim, skip
from labeling.services.letters import answer_letter, write_letter
from labeling.services.policies import set_policy
from labeling.services.preferences import save_preferences
from labeling.services.privacy import anonymise, erase
from labeling.services.reports import report, resolve
from labeling.services.standings import set_standing
from tests import factories
from tests.labeling.pages import html, make_tea, sign_in
from tests.labeling.work import claimed, judge

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"
WORDS = "Words of Ana"  # in every text of hers, and nowhere else


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    user = factories.make_user("ana@example.org", password=PASSWORD, name="Ana A.")
    return factories.make_member(project, "labeler", user)


def edit_of(judgment: Judgment, text: str) -> Message:
    original = judgment.task.candidates.order_by("pk")[0]
    edit = Message.objects.create(
        project=original.project,
        parent=original.parent,
        root=original.root,
        depth=original.depth,
        role="assistant",
        origin="edit",
        edits=original,
        labeler=judgment.labeler,
        text=text,
        content_hash=content_hash(text),
    )
    Mask.objects.create(response=edit, text=f"{WORDS} masked", spans=[])
    Judgment.objects.filter(pk=judgment.pk).update(edit=edit)
    return edit


def leave_words(project: Project, user: User, words: str) -> Judgment:
    """Everything that somebody can write, written once."""
    labeler = labeler_of(user=user)
    ranked = judge(project, labeler, "2", "13")
    Judgment.objects.filter(pk=ranked.pk).update(rationale=words)
    judge(project, labeler, tiers=None, not_rankable=words)
    edit_of(ranked, words)
    Span.objects.create(
        judgment=ranked, response_id=ranked.order[0], start=0, end=3, label="wrong", note=words
    )
    task = claim(project=project, labeler=labeler)
    assert task
    skip(slot_uid=task.slot, labeler=labeler, reason="other", note=words)
    write_letter(project=project, labeler=labeler, text=words)
    reviewer = factories.make_user()
    answer_letter(project=project, labeler=labeler, writer=reviewer, text=f"> {words}")
    resolve(
        report=report(labeler=labeler, category="other", text=words, page="/x/", project=project),
        answer=f"You wrote {words}",
    )
    set_standing(project=project, labeler=labeler, state="active", reason=f"wrote {words}")
    save_preferences(labeler=labeler, daily_goal=7)
    return ranked


def texts_left() -> list[str]:
    """Every stored text that a person may have written."""
    fields = [
        (Judgment, "rationale"),
        (Judgment, "not_rankable"),
        (Span, "note"),
        (Skip, "note"),
        (Message, "text"),
        (Mask, "text"),
        (Letter, "text"),
        (Report, "text"),
        (Report, "answer"),
        (LabelerStanding, "reason"),
        (StandingChange, "reason"),
    ]
    return [
        text
        for model, field in fields
        for text in model.objects.values_list(field, flat=True)  # type: ignore[attr-defined]
        if text
    ]


def reauthenticated(user: User) -> Client:
    client = sign_in(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


# --- erase ---


def test_erasing_blanks_every_word_and_keeps_what_was_chosen(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    ranked = leave_words(project, ana, WORDS)
    assert sum(WORDS in text for text in texts_left()) == 12
    erase(user=ana, labeler=labeler)
    assert [text for text in texts_left() if WORDS in text] == []
    kept = Judgment.objects.get(pk=ranked.pk)
    assert (kept.tiers, kept.order, kept.labeler) == (ranked.tiers, ranked.order, labeler)
    assert bytes(kept.body_hash) == b""
    assert kept.comparisons.count() == 3
    unrankable = Judgment.objects.exclude(pk=ranked.pk).get()
    assert (unrankable.tiers, unrankable.not_rankable) == (None, "")
    assert Span.objects.values_list("label", "start", "end").get() == ("wrong", 0, 3)
    edit = Message.objects.get(origin="edit")
    assert (edit.text, bytes(edit.content_hash)) == ("", b"")
    assert edit.deleted_at is not None


def test_erasing_cuts_the_link_and_deletes_the_account(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    leave_words(project, ana, WORDS)
    erase(user=ana, labeler=labeler)
    labeler.refresh_from_db()
    assert labeler.user is None
    assert labeler.erased_at is not None
    assert not User.objects.filter(email="ana@example.org").exists()
    assert not Membership.objects.filter(project=project, role="labeler").exists()
    assert not hasattr(labeler, "preferences")


def test_erasing_touches_nobody_else(project: Project, ana: User) -> None:
    bo = factories.make_member(factories.make_project(), "labeler")
    other = make_other_tea()
    leave_words(other, bo, "Words of Bo")
    leave_words(project, ana, WORDS)
    before = [text for text in texts_left() if "Bo" in text]
    erase(user=ana, labeler=labeler_of(user=ana))
    assert [text for text in texts_left() if "Bo" in text] == before
    assert len(before) == 11  # all but the mask, whose words `edit_of` writes


def make_other_tea() -> Project:
    project = factories.make_project("other")
    set_policy(project=project, responses=3)
    factories.make_answered_prompts(project, prompts=3, responses=3)
    build_tasks(project=project)
    return project


@pytest.mark.parametrize("reason", ["both_bad", "neither_valid"])
def test_reasons_that_the_page_writes_are_no_words_of_a_person(
    project: Project, ana: User, reason: str
) -> None:
    judge(project, labeler_of(user=ana), tiers=None, not_rankable=reason)
    erase(user=ana, labeler=labeler_of(user=ana))
    assert Judgment.objects.get().not_rankable == reason


def test_tasks_held_go_to_others_at_once(project: Project, ana: User) -> None:
    task = claim(project=project, labeler=labeler_of(user=ana))
    assert task
    erase(user=ana, labeler=labeler_of(user=ana))
    slot = Slot.objects.get(uid=task.slot)
    assert slot.state == "skipped"
    assert Slot.objects.filter(task=slot.task, state="open").count() == 1


def test_erasing_asks_for_the_password_and_a_tick(project: Project, ana: User) -> None:
    client = sign_in(ana)
    asked = client.post("/me/data/erase/", {"sure": "on"})
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fme%2Fdata%2Ferase%2F"
    assert User.objects.filter(pk=ana.pk).exists()
    client = reauthenticated(ana)
    assert "cannot be undone" in html(client.get("/me/data/erase/"))
    assert client.post("/me/data/erase/", {}).status_code == 400
    assert User.objects.filter(pk=ana.pk).exists()
    done = client.post("/me/data/erase/", {"sure": "on"})
    assert "Your words are erased" in html(done)
    assert not User.objects.filter(pk=ana.pk).exists()
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_a_wrong_password_erases_nothing(project: Project, ana: User) -> None:
    client = sign_in(ana)
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert client.post("/me/data/erase/", {"sure": "on"}).status_code == 302
    assert User.objects.filter(pk=ana.pk).exists()


def test_the_last_administrator_stays(project: Project) -> None:
    admin = factories.make_user("admin@example.org", is_superuser=True, password=PASSWORD)
    client = reauthenticated(admin)
    refused = client.post("/me/data/erase/", {"sure": "on"})
    assert "You are the last administrator" in html(refused)
    factories.make_user(is_superuser=True)
    client.post("/me/data/erase/", {"sure": "on"})
    assert not User.objects.filter(email="admin@example.org").exists()


# --- anonymise ---


def test_anonymising_cuts_the_link_and_keeps_the_answers_as_they_are(
    project: Project, ana: User
) -> None:
    ranked = leave_words(project, ana, WORDS)
    old = labeler_of(user=ana)
    anonymise(labeler=old)
    old.refresh_from_db()
    assert (old.user, old.erased_at) == (None, None)
    assert Judgment.objects.get(pk=ranked.pk).rationale == WORDS
    assert Message.objects.get(origin="edit").text == WORDS
    assert set(Letter.objects.values_list("text", flat=True)) == {""}
    assert Report.objects.values_list("text", "answer", "page").get() == ("", "", "")
    person = User.objects.get(pk=ana.pk)
    assert not person.memberships.filter(role="labeler").exists()
    fresh = labeler_of(user=person)
    assert fresh.pk != old.pk
    assert fresh.pseudonym != old.pseudonym
    assert not fresh.consents.exists()


def test_other_roles_stay(project: Project, ana: User) -> None:
    elsewhere = factories.make_project()
    factories.make_member(elsewhere, "researcher", ana)
    anonymise(labeler=labeler_of(user=ana))
    assert [membership.role for membership in ana.memberships.all()] == ["researcher"]


def test_anonymising_asks_for_the_password_and_a_tick(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    assert sign_in(ana).post("/me/data/anonymise/", {"sure": "on"}).status_code == 302
    client = reauthenticated(ana)
    assert client.post("/me/data/anonymise/", {}).status_code == 400
    assert Labeler.objects.get(pk=labeler.pk).user == ana
    done = client.post("/me/data/anonymise/", {"sure": "on"}, follow=True)
    assert "Nothing links you to your former pseudonym" in html(done)
    assert Labeler.objects.get(pk=labeler.pk).user is None


# --- download ---


def downloaded(client: Client) -> dict[str, Any]:
    response: Any = client.get("/me/data/download/")
    assert response["Content-Type"] == "application/zip"
    archive = ZipFile(BytesIO(b"".join(response.streaming_content)))
    return {
        name: [json.loads(line) for line in archive.read(name).splitlines()]
        for name in archive.namelist()
        if name.endswith(("json", "jsonl"))
    }


def judged_by_model(files: dict[str, Any], judgment: Judgment) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in files["judgments.jsonl"]}
    opinions: list[dict[str, Any]] = rows[str(judgment.uid)]["opinions"]
    return opinions


def test_the_download_holds_all_of_ones_own_and_nothing_else(project: Project, ana: User) -> None:
    ranked = leave_words(project, ana, WORDS)
    Opinion.objects.create(judgment=ranked, scorer="s", margin=-2.0, surprising=True)
    bo = factories.make_member(make_other_tea(), "labeler")
    leave_words(Project.objects.get(slug="other"), bo, "Words of Bo")
    NotificationSwitches.objects.create(
        user=ana, project=Project.objects.get(slug="other"), off=["run.finished"]
    )
    files = downloaded(reauthenticated(ana))
    assert {name: len(records) for name, records in files.items()} == {
        "account.json": 1,
        "judgments.jsonl": 2,
        "skips.jsonl": 1,
        "texts.jsonl": 1,
        "letters.jsonl": 2,
        "reports.jsonl": 1,
    }
    assert judged_by_model(files, ranked) == [{"scorer": "s", "margin": -2.0, "surprising": True}]
    account = files["account.json"][0]
    assert (account["email"], account["name"]) == ("ana@example.org", "Ana A.")
    assert account["settings"]["daily_goal"] == 7
    assert account["mails_switched_off"] == [{"project__slug": "other", "off": ["run.finished"]}]
    assert [consent["version"] for consent in account["consents"]] == [settings.CONSENT_VERSION]
    judged = next(row for row in files["judgments.jsonl"] if row["id"] == str(ranked.uid))
    named = dict(zip(ranked.order, judged["shown"], strict=True))
    assert judged["tiers"] == [[named[pk] for pk in tied] for tied in ranked.tiers or []]
    edited = Message.objects.get(labeler=ranked.labeler, origin="edit").edits_id
    assert files["texts.jsonl"][0]["edits"] == named[edited or 0]
    assert (judged["rationale"], judged["spans"][0]["note"]) == (WORDS, WORDS)
    assert files["texts.jsonl"][0]["text"] == WORDS
    assert "Bo" not in json.dumps(files)


def test_the_download_tells_no_models_and_no_hidden_checks(project: Project, ana: User) -> None:
    judged = judge(project, labeler_of(user=ana))
    Judgment.objects.filter(pk=judged.pk).update(purpose=Purpose.GOLD)
    GoldItem.objects.create(project=project, task=judged.task, use="gold", explanation="x7")
    text = json.dumps(downloaded(reauthenticated(ana)))
    assert [word for word in ("gold", "model-", "x7", "purpose") if word in text] == []


def test_the_download_tells_no_times_of_texts_and_no_repeats(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    judged = judge(project, labeler)
    skip(slot_uid=claimed(project, labeler).slot, labeler=labeler, reason="other")
    report(labeler=labeler, category="other", slot=judged.slot.uid if judged.slot else None)
    repeat = Task.objects.create(
        project=project, prompt=judged.task.prompt, repeats=judged.task, reserved_for=labeler
    )
    again = Judgment.objects.get(pk=judged.pk)
    again.pk, again.uid, again.slot, again.task = None, uuid4(), None, repeat
    again.submit_key, again.purpose = "again", Purpose.REPEAT
    again.save(force_insert=True)
    client = reauthenticated(ana)
    files = downloaded(client)
    ours = {*Task.objects.values_list("uid", flat=True)}
    ours |= {*Message.objects.values_list("uid", flat=True)}
    assert [uid for uid in ours if str(uid) in json.dumps(files)] == []
    first, second = files["judgments.jsonl"]
    assert {first["id"], second["id"]} == {str(judged.uid), str(again.uid)}
    names = [{row["task"], row["prompt"], *row["shown"]} for row in (first, second)]
    assert [len(each) for each in names] == [5, 5]
    assert names[0].isdisjoint(names[1])
    assert files["reports.jsonl"][0]["task"] == first["task"]
    assert files["skips.jsonl"][0]["task"] not in names[0] | names[1]
    assert downloaded(client)["judgments.jsonl"][0]["task"] != first["task"]


def test_the_download_asks_for_the_password(ana: User) -> None:
    response = sign_in(ana).get("/me/data/download/")
    assert response["Location"] == "/accounts/reauthenticate/?next=%2Fme%2Fdata%2Fdownload%2F"


@pytest.mark.parametrize("answers", [1, 3])
def test_the_download_costs_the_same_however_many_answers(
    project: Project, ana: User, answers: int, django_assert_num_queries: Any
) -> None:
    for _ in range(answers):
        judge(project, labeler_of(user=ana))
    client = reauthenticated(ana)
    client.get("/")
    with django_assert_num_queries(22):
        downloaded(client)
