"""Researchers' pages of generators: made, tried out, changed, paused, and by whom."""

import html
import re

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache

from accounts.services import create_user
from collector.models import Generation, Generator, GeneratorRevision, Membership, Run
from collector.services.generators import create_generator, recorded_revision
from config.model_keys import ModelKey
from tests import factories
from tests.dashboard.test_admin import sign_in
from tests.fake_llm import start_fake_llm

pytestmark = pytest.mark.django_db
LIST = "/admin/projects/tea/generators/"
NEW = f"{LIST}new/"


@pytest.fixture
def project():
    cache.clear()
    return factories.make_project("tea")


@pytest.fixture
def maker(project):
    return factories.make_member(project, Membership.Role.RESEARCHER)


@pytest.fixture
def client(maker):
    return sign_in(maker)


@pytest.fixture
def llm():
    with start_fake_llm() as server:
        yield server


def filled(**fields):
    return {
        "name": "heron",
        "provider": "openai",
        "model": "m",
        "base_url": "http://127.0.0.1:9/v1",
        "api": "chat",
        "max_tokens": "100",
        **fields,
    }


def words(answer):
    """What the page says, and what its fields hold."""
    page = answer.content.decode()
    page = page[page.index('<main class="glance"') : page.index("</main>")]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def page_of(generator):
    return f"{LIST}{generator.uid}/"


def test_a_generator_is_made_with_what_the_form_says(client, maker):
    fields = filled(
        system_prompt="Be\r\nbrief.",
        temperature="0.5",
        stop="END\n\\n",
        price_input="0.25",
        price_output="2",
        limit_concurrency="4",
        precision="float16",  # for local models: passed over
    )
    answer = client.post(NEW, fields)
    made = Generator.objects.get()
    assert answer["Location"] == page_of(made)
    assert made.created_by == maker
    revision = made.revisions.get()
    assert (revision.system_prompt, revision.base_url) == ("Be\nbrief.", "http://127.0.0.1:9/v1")
    assert revision.parameters == {"temperature": 0.5, "max_tokens": 100, "stop": ["END", "\n"]}
    assert revision.prices == {"input": 0.25, "output": 2}
    assert revision.limits == {"concurrency": 4}
    shown = words(client.get(page_of(made)))
    assert "revision 1" in shown
    assert "$0.25 read, $2 written" in shown


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"name": " "}, "name"),
        ({"base_url": "http://169.254.169.254/v1"}, "base_url"),
        ({"key": "undeclared"}, "key"),
        ({"temperature": "3"}, "temperature"),
        ({"seed": "1", "api": "responses"}, "seed"),
        ({"limit_concurrency": "1000"}, "limit_concurrency"),
        ({"price_input": "-1"}, "price_input"),
        ({"stop": "a\n" * 9}, "stop"),
        ({"model": ""}, "model"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(client, wrong, at):
    answer = client.post(NEW, filled(**wrong))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [at]
    assert not Generator.objects.exists()


def test_keys_are_offered_by_alias_and_never_shown(client, settings):
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host="127.0.0.1", secret="sk-very-secret")}
    page = client.get(NEW).content.decode()
    assert "mine (127.0.0.1)" in page
    assert "sk-very-secret" not in page
    client.post(NEW, filled(key="mine"))
    assert GeneratorRevision.objects.get().key_alias == "mine"


def test_a_change_makes_a_revision_and_the_same_again_makes_none(client):
    client.post(NEW, filled(stop="END", temperature="1"))
    made = Generator.objects.get()
    page = client.get(f"{page_of(made)}edit/")
    form = page.context["form"]
    kept = {each.name: each.value() for each in form if each.value() not in (None, False)}
    assert kept["stop"] == "END"
    same = client.post(f"{page_of(made)}edit/", kept)
    assert said(same) == ["Nothing was changed: the settings are those of revision 1."]
    changed = client.post(f"{page_of(made)}edit/", kept | {"temperature": "0.2", "name": "egret"})
    assert "Revision 2 is in force." in said(changed)[-1]
    made.refresh_from_db()
    assert made.name == "heron"
    assert [each.parameters["temperature"] for each in made.revisions.order_by("number")] == [
        1,
        0.2,
    ]


def test_a_test_shows_the_answer_with_time_tokens_and_cost_once(client, llm):
    fields = filled(model="ok", base_url=llm.base_url, price_input="1", price_output="1")
    answer = client.post(NEW, fields | {"then": "test"}, follow=True)
    shown = words(answer)
    assert "ok answers 'Reply with the one word: ready'" in shown
    assert re.search(r"Time [\d,]+ ms", shown)
    assert re.search(r"Tokens read \d+ Tokens written \d+ Cost \$0\.00001\d", shown)
    made = Generator.objects.get()
    assert "The model answers" not in words(client.get(page_of(made)))
    again = client.post(f"{page_of(made)}test/", follow=True)
    assert "has just been tried" in again.content.decode()
    assert len(llm.received) == 1


def test_a_test_says_the_exact_error_and_what_to_do(client, llm):
    fields = filled(model="script=401", base_url=llm.base_url)
    shown = words(client.post(NEW, fields | {"then": "test"}, follow=True))
    assert "No answer came" in shown
    assert "HTTP 401" in shown
    assert "The server refuses the key." in shown


def test_it_is_paused_and_switched_off_and_let_go_on(client):
    client.post(NEW, filled())
    made = Generator.objects.get()

    def switch(what):
        answer = client.post(f"{page_of(made)}{what}/")
        made.refresh_from_db()
        return answer.status_code, bool(made.paused_at), made.enabled

    assert switch("pause") == (302, True, True)
    assert "Paused by hand." in words(client.get(page_of(made)))
    assert switch("unpause") == (302, False, True)
    assert switch("disable") == (302, False, False)
    assert "switched off" in words(client.get(LIST))
    assert switch("enable") == (302, False, True)
    assert switch("explode") == (404, False, True)
    assert client.get(f"{page_of(made)}pause/").status_code == 405


def test_only_its_maker_and_superusers_change_it(client, project):
    client.post(NEW, filled())
    made = Generator.objects.get()
    other = sign_in(factories.make_member(project, Membership.Role.RESEARCHER))
    admin = sign_in(create_user(email="root@example.org", is_superuser=True))
    assert "Switch off" not in words(other.get(page_of(made)))
    for what in ("pause", "disable", "edit"):
        assert other.post(f"{page_of(made)}{what}/", filled()).status_code == 403
    made.refresh_from_db()
    assert (made.paused_at, made.enabled, made.revisions.count()) == (None, True, 1)
    assert admin.post(f"{page_of(made)}pause/").status_code == 302
    taken = other.post(NEW, filled(model="another"))
    assert list(taken.context["form"].errors) == ["name"]


def test_a_name_from_a_file_is_whose_first_says_how_to_ask_it(client, maker):
    found = recorded_revision(name="chatgpt").generator
    assert "chatgpt" in words(client.get(LIST))
    assert client.post(f"{page_of(found)}edit/", filled()).status_code == 302
    found.refresh_from_db()
    assert found.created_by == maker
    assert found.revisions.order_by("-number")[0].provider == "openai"


def test_the_list_tells_the_last_error_of_this_project_alone(client, project):
    for slug, error in (("tea", "HTTP 500: boiled over"), ("coffee", "HTTP 500: spilt")):
        where = project if slug == "tea" else factories.make_project(slug)
        heron = create_generator(
            name="heron", provider="openai", model="m", base_url="http://127.0.0.1:9/v1"
        )
        run = Run.objects.create(project=where)
        Generation.objects.create(
            run=run,
            prompt=factories.make_prompt(where),
            revision=heron.revisions.get(),
            status="failed",
            error=error,
        )
    for address in (LIST, page_of(heron)):
        shown = words(client.get(address))
        assert "boiled over" in shown
        assert "spilt" not in shown


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_cost_few_queries(client, project, number, django_assert_max_num_queries):
    for each in range(number):
        client.post(NEW, filled(name=f"heron-{each}"))
        recorded_revision(name=f"recorded-{each}")
    made = Generator.objects.get(name="heron-0")
    for address in (LIST, NEW, page_of(made), f"{page_of(made)}edit/"):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200
