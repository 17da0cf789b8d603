"""The place "People": members, invitations, machine judges, and the pay report."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.services import labeler_of
from collector.models import GeneratorRevision, Invitation, Membership
from labeling.members import PAGE
from labeling.models import Judge, LabelerStanding
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.labeling.work import judge

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/projects/tea/people/"
Role = Membership.Role


@pytest.fixture
def project():
    project = factories.make_project("tea", name="Tea")
    set_policy(project=project, responses=2)
    factories.make_answered_prompts(project, 8, responses=2)
    build_tasks(project=project)
    return project


@pytest.fixture
def rita(project):
    return factories.make_member(project, Role.RESEARCHER, factories.make_user("rita@example.org"))


@pytest.fixture
def ana(project):
    user = factories.make_user("ana@example.org", name="Ana <b>")
    return factories.make_member(project, Role.LABELER, user)


@pytest.fixture
def client(rita):
    client = Client()
    client.force_login(rita, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def plain(response):
    return words_of(response.content.decode().split('<main class="glance">')[1])


def told(response):
    """All that the page says, with what was just done."""
    return words_of(response.content.decode())


def words_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def of(user):
    return f"{PEOPLE}{user.memberships.get().uid}/"


def test_members_stand_with_their_work_and_no_pseudonym(client, project, ana):
    judge(project, labeler_of(user=ana), seconds=5)
    shown = client.get(PEOPLE)
    words = plain(shown)
    assert "ana@example.org Ana &lt;b&gt; labeler active 1" in words
    assert "rita@example.org researcher – –" in words
    assert labeler_of(user=ana).pseudonym not in shown.content.decode()


def test_members_are_searched_by_name_address_and_role(client, ana):
    for query in ("search=ANA@", "search=<b", "role=labeler", "search=ana&role=labeler"):
        words = plain(client.get(f"{PEOPLE}?{query}"))
        assert ("ana@" in words, "rita@" in words) == (True, False), query
    assert "Nobody is like that." in plain(client.get(f"{PEOPLE}?search=zoe"))
    assert client.get(f"{PEOPLE}?role=king&after=x").status_code == 200


def test_many_members_come_page_by_page(client, project, rita):
    for _ in range(PAGE):
        factories.make_member(project, Role.TRAINER)
    first = client.get(PEOPLE)
    after = re.search(r"after=([0-9a-f-]{36})", first.content.decode())[1]
    second = plain(client.get(f"{PEOPLE}?after={after}"))
    assert second.count("@example.org") == 1


@pytest.mark.parametrize("rows", [1, 8])
def test_the_page_costs_few_queries(client, project, rows, rita, django_assert_max_num_queries):
    for _ in range(rows):
        user = factories.make_member(project, Role.LABELER)
        judge_of = labeler_of(user=user)
        LabelerStanding.objects.create(project=project, labeler=judge_of, state="active")
    client.post(f"{PEOPLE}invite/", {"mail-addresses": "x@x.org", "mail-role": "labeler"})
    client.get(PEOPLE)
    with django_assert_max_num_queries(15):
        assert client.get(PEOPLE).status_code == 200


def test_several_addresses_are_invited_at_once(client, project):
    body = {"mail-addresses": "Bo@example.org, cy@example.org\nbo@example.org", "mail-days": 3}
    answer = client.post(f"{PEOPLE}invite/", body | {"mail-role": "labeler"}, follow=True)
    assert "2 invitations were sent." in told(answer)
    assert [message.to for message in mail.outbox] == [["bo@example.org"], ["cy@example.org"]]
    waiting = plain(client.get(PEOPLE))
    assert "bo@example.org" in waiting
    assert "cy@example.org" in waiting


def test_what_is_no_address_keeps_all_others_back(client):
    body = {"mail-addresses": "bo@example.org, bo, @cy", "mail-role": "labeler", "mail-days": 7}
    answer = client.post(f"{PEOPLE}invite/", body)
    assert answer.status_code == 400
    assert "No e-mail address: bo, @cy." in plain(answer)
    assert "bo@example.org" in answer.content.decode()  # what was typed is there
    assert mail.outbox == []


def test_who_is_in_or_invited_is_told_and_left_alone(client, ana):
    body = {"mail-role": "labeler", "mail-days": 7}
    client.post(f"{PEOPLE}invite/", body | {"mail-addresses": "bo@example.org"})
    addresses = "bo@example.org ana@example.org cy@example.org"
    answer = client.post(f"{PEOPLE}invite/", body | {"mail-addresses": addresses})
    words = plain(answer)
    assert "bo@example.org: was invited before" in words
    assert "ana@example.org: has this role already" in words
    assert "cy@example.org: invited" in words
    assert [message.to[0] for message in mail.outbox] == ["bo@example.org", "cy@example.org"]


def test_a_mail_that_cannot_be_sent_invites_nobody(client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens
    body = {"mail-addresses": "bo@example.org", "mail-role": "labeler", "mail-days": 7}
    answer = client.post(f"{PEOPLE}invite/", body)
    assert answer.status_code == 502
    assert "bo@example.org: the mail could not be sent" in plain(answer)
    assert not Invitation.objects.exists()


def test_a_link_is_shown_once_and_made_anew(client):
    body = {"link-role": "trainer", "link-uses": 2, "link-days": 5}
    shown = client.post(f"{PEOPLE}invite/", body).content.decode()
    first = re.search(r"/join/#[\w-]{43}", shown)[0]
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.uses_left) == ("trainer", 2)
    assert first not in client.get(PEOPLE).content.decode()
    again = client.post(f"{PEOPLE}invitations/{invitation.uid}/renew/").content.decode()
    second = re.search(r"/join/#[\w-]{43}", again)[0]
    assert first != second
    assert Client().post("/join/", {"token": first.split("#")[1]}).status_code == 400
    assert Client().post("/join/", {"token": second.split("#")[1]}).status_code == 302


def test_an_invitation_is_sent_again_after_a_while_and_revoked(client, rita):
    body = {"mail-addresses": "bo@example.org", "mail-role": "labeler", "mail-days": 1}
    client.post(f"{PEOPLE}invite/", body)
    invitation = Invitation.objects.get()
    at = f"{PEOPLE}invitations/{invitation.uid}/"
    assert "a moment ago" in told(client.post(f"{at}renew/", follow=True))
    earlier = timezone.now() - timedelta(days=2)
    Invitation.objects.update(created_at=earlier, expires_at=earlier + timedelta(days=1))
    assert "expired" in plain(client.get(PEOPLE))
    assert "sent to bo@example.org again" in told(client.post(f"{at}renew/", follow=True))
    assert len(mail.outbox) == 2
    assert Invitation.objects.get().expires_at > timezone.now() + timedelta(days=6)
    client.post(f"{at}revoke/")
    assert "bo@example.org" not in plain(client.get(PEOPLE))
    assert "used or revoked" in told(client.post(f"{at}renew/", follow=True))


def test_of_another_project_nothing_is_decided(client, ana):
    other = factories.make_project("coffee")
    stranger = factories.make_member(other, Role.LABELER)
    elsewhere = Invitation.objects.create(
        project=other,
        role="labeler",
        token_hash="0" * 64,
        expires_at=timezone.now() + timedelta(days=1),
    )
    uid = stranger.memberships.get().uid
    addresses = [f"{uid}/{what}/" for what in ("role", "pause", "resume", "remove")]
    addresses += [f"invitations/{elsewhere.uid}/{what}/" for what in ("renew", "revoke")]
    assert {client.post(PEOPLE + address).status_code for address in addresses} == {404}
    assert client.get(f"{PEOPLE}{uid}/").status_code == 404
    assert stranger.memberships.exists()
    assert Invitation.objects.get().revoked_at is None


def test_a_role_is_changed(client, ana):
    answer = client.post(f"{of(ana)}role/", {"role-role": "reviewer"}, follow=True)
    assert "ana@example.org is reviewer now." in told(answer)
    assert ana.memberships.get().role == Role.REVIEWER
    assert client.post(f"{of(ana)}role/", {"role-role": "king"}).status_code == 400


def test_the_last_researcher_stays(client, rita):
    for what, body in (("role", {"role-role": "trainer"}), ("remove", {})):
        answer = client.post(f"{of(rita)}{what}/", body)
        assert answer.status_code == 400
        assert "The project needs a researcher." in plain(answer)
    assert rita.memberships.get().role == Role.RESEARCHER


def test_one_leaves_where_another_researcher_is(client, project, rita):
    factories.make_member(project, Role.RESEARCHER)
    answer = client.post(f"{of(rita)}remove/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(PEOPLE).status_code == 404


def test_a_labeler_is_removed(client, ana):
    answer = client.post(f"{of(ana)}remove/", follow=True)
    assert "ana@example.org is no longer labeler here." in told(answer)
    assert not ana.memberships.exists()


def test_a_labeler_pauses_and_works_again(client, project, ana):
    assert client.post(f"{of(ana)}pause/", {"pause-reason": ""}).status_code == 400
    answer = client.post(f"{of(ana)}pause/", {"pause-reason": "Too fast."}, follow=True)
    assert "paused Too fast." in plain(answer)
    standing = LabelerStanding.objects.get(project=project, labeler__user=ana)
    assert (standing.state, standing.reason) == ("paused", "Too fast.")
    answer = client.post(f"{of(ana)}resume/", follow=True)
    assert "They can work again" in told(answer)
    assert client.post(f"{of(ana)}resume/").status_code == 400
    standing.refresh_from_db()
    assert standing.state == "active"


def test_who_has_two_roles_is_told_to_judge_nothing(client, project, ana):
    factories.make_member(project, Role.TRAINER, ana)
    uid = ana.memberships.get(role=Role.LABELER).uid
    assert "another role too" in plain(client.get(f"{PEOPLE}{uid}/"))
    assert "judges nothing" in plain(client.get(PEOPLE))


def test_the_pay_report_counts_and_is_a_file(client, project, ana):
    judge(project, labeler_of(user=ana), seconds=1800)
    day = timezone.now().date().isoformat()
    asked = f"{PEOPLE}pay/?since={day}&until={day}&per_hour=20&per_task=1.5&minutes=30"
    words = plain(client.get(asked))
    assert "ana@example.org Ana &lt;b&gt; 1 0 0 0.50 30:00 0 0 11.50" in words
    file = client.get(f"{asked}&format=csv")
    assert file["Content-Disposition"] == f'attachment; filename="tea-pay-{day}-{day}.csv"'
    assert "ana@example.org,Ana <b>,1,,1,0,0,0.5000,1800.0,0,0,11.50" in file.content.decode()


def test_the_pay_report_is_of_last_month_and_says_what_is_wrong(client, ana):
    assert "Nobody worked here in these days." in plain(client.get(f"{PEOPLE}pay/"))
    wrong = client.get(f"{PEOPLE}pay/?since=2026-02-02&until=2026-01-01&minutes=15&format=csv")
    assert wrong.status_code == 400
    assert "The last day is before the first." in plain(wrong)


@pytest.mark.parametrize("rows", [1, 6])
def test_the_pay_report_costs_few_queries(
    client, project, rows, ana, django_assert_max_num_queries
):
    for _ in range(rows):
        judge(project, labeler_of(user=factories.make_member(project, "labeler")))
    day = timezone.now().date().isoformat()
    address = f"{PEOPLE}pay/?since={day}&until={day}&minutes=15"
    client.get(address)
    with django_assert_max_num_queries(15):
        client.get(address)


def test_a_machine_judge_is_added(client, project):
    assert "no generator that could judge" in plain(client.get(f"{PEOPLE}judges/new/"))
    generator = factories.recorded_revision(name="mind").generator
    GeneratorRevision.objects.create(
        generator=generator, number=2, provider="openai", model="m", base_url="http://127.0.0.1:9"
    )
    body = {"name": "Judy", "generator": "mind", "both_orders": "on"}
    answer = client.post(f"{PEOPLE}judges/new/", body, follow=True)
    assert "Judy is set up." in told(answer)
    assert Judge.objects.get().project == project
    again = client.post(f"{PEOPLE}judges/new/", body)
    assert "has a judge of that name" in plain(again)
