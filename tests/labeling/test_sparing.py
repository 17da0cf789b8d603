"""Letters and reports have a limit, told in words; and a pause loses no work."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from labeling.errors import LabelerGone, Paused
from labeling.models import Judgment, Letter, Report
from labeling.services.claiming import claim
from labeling.services.letters import answer_letter, write_letter
from labeling.services.privacy import anonymise
from labeling.services.reports import report
from labeling.services.standings import set_standing
from labeling.services.submitting import submit
from tests import factories
from tests.labeling.pages import html, make_tea, sign_in
from tests.labeling.work import claimed, ranking

pytestmark = pytest.mark.django_db
WORDS = "Is tea a drink?"
TOO_MANY = "You have sent a lot within an hour."


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler")


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def test_the_31st_letter_of_an_hour_waits_and_is_still_in_its_box(
    project: Project, ana: User, client: Client
) -> None:
    labeler = labeler_of(user=ana)
    for _ in range(30):
        write_letter(project=project, labeler=labeler, text="More")
    answer_letter(project=project, labeler=labeler, writer=factories.make_user(), text="Yes?")
    typed = {"text": WORDS, "kind": "message"}
    refused = client.post("/me/letters/tea/", typed)
    assert refused.status_code == 429
    assert TOO_MANY in html(refused)
    assert WORDS in html(refused)
    oldest = Letter.objects.order_by("pk")[0]
    Letter.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(hours=1))
    assert client.post("/me/letters/tea/", typed).status_code == 302
    assert Letter.objects.filter(text=WORDS).count() == 1


def test_the_31st_report_of_an_hour_waits_and_nobody_elses_does(
    project: Project, ana: User, client: Client
) -> None:
    for _ in range(30):
        report(labeler=labeler_of(user=ana), category="other")
    typed = {"category": "other", "text": WORDS}
    refused = client.post("/report/", typed)
    assert refused.status_code == 429
    assert TOO_MANY in html(refused)
    assert WORDS in html(refused)
    told = client.post("/report/", typed, headers={"Accept": "application/json"})
    assert (told.status_code, TOO_MANY in told.json()["detail"]) == (429, True)
    assert not Report.objects.filter(text=WORDS).exists()
    bo = sign_in(factories.make_member(project, "labeler"))
    assert bo.post("/report/", typed).status_code == 302


def test_no_word_of_who_has_left_is_stored(project: Project, ana: User) -> None:
    stale = labeler_of(user=ana)
    anonymise(labeler=labeler_of(user=ana))
    with pytest.raises(LabelerGone):
        report(labeler=stale, category="other", text=WORDS)
    with pytest.raises(LabelerGone):
        write_letter(project=project, labeler=stale, text=WORDS)
    assert not Report.objects.exists()
    assert not Letter.objects.exists()


def test_who_is_paused_finishes_what_they_hold_and_corrects_it(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    task = claimed(project, labeler)
    set_standing(project=project, labeler=labeler, state="paused", reason="Rest.")
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "23"))
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking("2", "13"))
    assert Judgment.objects.filter(retired_at__isnull=True).count() == 1
    with pytest.raises(Paused):
        claim(project=project, labeler=labeler)
