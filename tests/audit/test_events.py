"""What the audit keeps: who, when, from where, what it was before, and nothing that is secret."""

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from accounts.models import PersonalToken
from accounts.services import create_token, hand_token
from accounts.tokens import make_token
from audit.acting import acting
from audit.models import Event
from audit.reading import described
from collector.models import Generator, Invitation, Membership, Run, Webhook
from collector.services.generators import recorded_revision
from labeling.models import LabelerStanding
from labeling.services.policies import set_policy
from labeling.services.privacy import anonymise, erase
from tests import factories

pytestmark = pytest.mark.django_db
PATCH = {"name": "Green tea"}


def told(kind, action="made"):
    return Event.objects.filter(kind=kind, action=action).last()


def by_token(user):
    return Client(headers={"authorization": f"Token {create_token(user=user)}"})


@pytest.fixture
def project():
    return factories.make_project("tea", name="Tea")


@pytest.fixture
def researcher(project):
    return factories.make_member(project, Membership.Role.RESEARCHER)


def test_a_change_says_who_from_where_and_what_it_was_before(project, researcher):
    client = by_token(researcher)
    address = f"/api/v1/projects/{project.slug}/"
    answer = client.patch(address, PATCH, "application/json", REMOTE_ADDR="203.0.113.7")
    assert answer.status_code == 200
    event = told("project", "changed")
    assert (event.actor_id, event.address, event.via) == (researcher.pk, "203.0.113.7", "api")
    assert event.place == "/api/v1/projects/<slug:slug>/"
    assert (event.project_id, event.object_id, event.label) == (project.pk, project.pk, "tea")
    assert event.changes == {"name": ["Tea", "Green tea"]}
    assert abs((timezone.now() - event.at).total_seconds()) < 60


def test_a_token_is_told_by_its_name_and_by_who_holds_it(project, researcher):
    address = f"/api/v1/projects/{project.slug}/"
    holder = factories.make_user(email="holder@example.org")
    researcher.invited_by = holder
    researcher.save()
    factories.make_member(project, Membership.Role.RESEARCHER, user=holder)
    _own, secret = make_token(user=researcher, name="nightly export", now=timezone.now())
    handed = hand_token(user=researcher, issuer=holder)
    for number, token in enumerate([secret, handed, create_token(user=researcher)]):
        client = Client(headers={"authorization": f"Token {token}"})
        body = {"name": f"Tea {number}"}
        assert client.patch(address, body, "application/json").status_code == 200
    events = Event.objects.filter(kind="project", action="changed").order_by("pk")
    assert list(events.values_list("actor_id", "token", "handed_to_id")) == [
        (researcher.pk, "nightly export", None),
        (researcher.pk, "", holder.pk),
        (researcher.pk, "", None),
    ]
    assert [each.holder for each in described(list(events))] == ["", "holder@example.org", ""]
    holder.delete()
    researcher.delete()
    assert set(events.values_list("actor_id", "token", "handed_to_id")) == {(None, "", None)}


def test_the_table_is_emptied_only_by_who_says_so(project):
    empty = "TRUNCATE audit_event"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL concord.audit_may_be_emptied TO 'off'")
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            cursor.execute(empty)
        assert Event.objects.exists()
        cursor.execute("SET LOCAL concord.audit_may_be_emptied TO 'on'")
        cursor.execute(empty)
    assert not Event.objects.exists()


def test_the_address_is_that_of_the_client_behind_trusted_proxies(project, researcher, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client = by_token(researcher)
    headers = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9", "REMOTE_ADDR": "10.0.0.1"}
    client.patch(f"/api/v1/projects/{project.slug}/", PATCH, "application/json", **headers)
    assert told("project", "changed").address == "203.0.113.9"


def test_a_page_is_told_with_the_account_of_its_session(project, researcher):
    client = Client()
    client.force_login(researcher, backend=settings.AUTHENTICATION_BACKENDS[0])
    address = f"/admin/projects/{project.slug}/settings/budgets/"
    client.post(address, {"budget": "12", "monthly_budget": ""})
    event = told("project", "changed")
    assert (event.actor_id, event.via, event.address) == (researcher.pk, "page", "127.0.0.1")
    assert event.place == "/admin/projects/<slug:slug>/settings/budgets/"
    assert event.changes == {"budget": [None, 12]}


def test_a_membership_names_whom_it_is_about(project, researcher):
    with acting(lambda: {"via": "command", "place": "demo"}):
        Membership.objects.filter(user=researcher).update(role="trainer")
    changed = told("member", "changed")
    assert (changed.via, changed.place, changed.actor_id) == ("command", "demo", None)
    assert changed.changes == {"role": ["researcher", "trainer"]}
    assert (changed.person_id, changed.project_id) == (researcher.pk, project.pk)


def test_who_changes_a_row_by_hand_in_the_database_is_seen_too(project):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE collector_project SET licence = 'none'")
    assert told("project", "changed").via == "database"


def test_what_nobody_decided_is_no_event(project):
    run = Run.objects.create(project=project)
    before = Event.objects.count()
    Run.objects.filter(pk=run.pk).update(spent=3, reserved=1)
    Generator.objects.update(failures=2)
    assert Event.objects.count() == before
    Run.objects.filter(pk=run.pk).update(status="paused")
    assert told("run", "changed").changes == {"status": ["queued", "paused"]}


def test_things_are_named_as_they_were(project):
    recorded_revision(name="gpt-1")
    set_policy(project=project, responses=2)
    assert told("generator").label == "gpt-1"
    assert told("revision").label == "gpt-1 1"
    assert told("policy").label == "1"
    assert told("policy").project_id == project.pk


def test_a_new_version_is_told_by_what_it_changes(project):
    set_policy(project=project, responses=2)
    set_policy(project=project, responses=2, overlap=3)
    first, second = Event.objects.filter(kind="policy").order_by("pk")
    assert first.changes["responses"] == [None, 2]
    assert second.changes == {"number": [1, 2], "overlap": [1, 3]}


def test_an_event_outlives_what_it_is_about(project):
    project_id = project.pk
    set_policy(project=project, responses=2)
    project.delete()
    kinds = Event.objects.filter(project_id=project_id, action="deleted")
    assert set(kinds.values_list("kind", flat=True)) >= {"project", "policy"}
    assert told("project", "deleted").changes["name"] == ["Tea", None]


def test_no_secret_is_kept(project):
    user = factories.make_user(password="correct horse")
    secret = create_token(user=user)
    stored = AuthToken.objects.get(user=user)
    PersonalToken.objects.create(token=stored, name="laptop", scope="read")
    user.set_password("battery staple")
    user.save()
    Webhook.objects.create(project=project, url="https://me:pw@hook.test/T0/s3cret", events=["x"])
    Webhook.objects.update(url="https://hook.test/T0/other", secret_number=2)
    Invitation.objects.create(
        project=project, role="labeler", token_hash="a" * 64, expires_at="2100-01-01T00:00Z"
    )
    kept = " ".join(str(values) for values in Event.objects.values_list())
    for hidden in (secret, stored.digest, stored.token_key, "s3cret", "pw@", "a" * 64):
        assert hidden not in kept
    assert user.password not in kept
    assert told("user", "changed").changes == {"password": []}
    assert told("webhook", "changed").changes == {"secret_number": [], "url": []}
    assert told("webhook").label == "hook.test"
    assert told("token_scope").person_id == user.pk


def test_long_texts_are_cut(project):
    project.description = "word " * 1000
    project.save()
    kept = told("project", "changed").changes["description"][1]
    assert (len(kept), kept[-1]) == (501, "…")


@pytest.mark.parametrize(
    "change", ["UPDATE audit_event SET label = 'x'", "DELETE FROM audit_event"]
)
def test_events_can_neither_be_changed_nor_deleted(project, change):
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute(change)
    assert told("project").label == "tea"


def test_the_account_that_is_deleted_takes_its_name_along(project):
    person = factories.make_member(project, Membership.Role.RESEARCHER)
    labeler = factories.make_labeler(user=person)
    invitation = {"token_hash": "b" * 64, "expires_at": "2100-01-01T00:00Z"}
    Invitation.objects.create(project=project, role="labeler", email=person.email, **invitation)
    with acting(lambda: {"user": person.pk, "address": "203.0.113.7", "via": "page"}):
        project.name = "Coffee"
        project.save()
        erase(user=person, labeler=labeler)
    assert told("user", "deleted") is not None
    assert not Event.objects.filter(actor_id__isnull=False).exists()
    assert not Event.objects.filter(address__isnull=False).exists()
    assert told("project", "changed").actor_erased
    assert told("project", "changed").changes == {"name": ["Tea", "Coffee"]}
    assert person.email not in " ".join(str(values) for values in Event.objects.values_list())


def test_nothing_tells_whose_a_pseudonym_is(project):
    person = factories.make_member(project, Membership.Role.LABELER)
    labeler = factories.make_labeler(user=person)
    with acting(lambda: {"user": person.pk, "address": "203.0.113.7", "via": "api"}):
        LabelerStanding.objects.create(project=project, labeler=labeler, state="training")
    made = told("standing")
    assert (made.actor_id, made.address, made.via, made.place) == (None, None, "labeler", "")
    assert made.label == labeler.pseudonym
    reviewer = factories.make_user()
    with acting(lambda: {"user": reviewer.pk, "via": "page"}):
        LabelerStanding.objects.update(state="paused", reason="Ana again")
    assert told("standing", "changed").actor_id == reviewer.pk
    anonymise(labeler=labeler)
    assert "Ana again" not in str(list(Event.objects.values_list("changes")))


def test_hostile_places_stay_words(project):
    with acting(lambda: {"via": "command", "place": "it's 100% \\ \" ; DROP"}):
        project.name = "Coffee"
        project.save()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE collector_project SET licence = '100%'")
    assert told("project", "changed").place == "it's 100% \\ \" ; DROP"
    assert told("project", "changed").changes == {"licence": [None, "100%"]}
