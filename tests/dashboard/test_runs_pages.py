"""Researchers' pages of runs: foreseen, started, followed, paused, retried, cancelled."""

from decimal import Decimal

import pytest
from django.core.cache import cache

from collector.models import Generation, Membership, Run
from collector.services.breaker import pause_generator
from collector.services.generators import change_generator, create_generator
from collector.services.run_retries import retry_run
from collector.services.runs import cancel_run, finish_runs, start_run
from common.errors import Conflict
from tests import factories
from tests.dashboard.test_admin import sign_in
from tests.dashboard.test_generators_pages import said, words

pytestmark = pytest.mark.django_db
LIST = "/admin/projects/tea/runs/"
NEW = f"{LIST}new/"
ESTIMATE = f"{NEW}estimate/"
GENERATORS = "/admin/projects/tea/generators/"


@pytest.fixture
def project():
    """Three prompts, one of them in French and one tagged."""
    cache.clear()
    project = factories.make_project("tea")
    factories.make_prompt(project, "Green?", meta={"tags": ["colour"]}, language="en")
    factories.make_prompt(project, "How hot?", language="en")
    factories.make_prompt(project, "Vert ?", language="fr")
    return project


@pytest.fixture
def heron():
    return make_generator("heron")


@pytest.fixture
def client(project):
    return sign_in(factories.make_member(project, Membership.Role.RESEARCHER))


def make_generator(name, **settings):
    prices = {"input": 1, "output": 1000}
    address = "http://127.0.0.1:9/v1"
    return create_generator(
        name=name,
        provider="openai",
        **{
            "model": "m",
            "base_url": address,
            "prices": prices,
            "parameters": {"max_tokens": 100},
            **settings,
        },
    )


def form(**fields):
    return {"generators": ["heron"], "samples": "2", **fields}


def fail(run, *errors):
    """Of the run's generations, the first fail with these errors; the others succeed."""
    for generation, error in zip(run.generations.order_by("pk"), errors, strict=False):
        Generation.objects.filter(pk=generation.pk).update(
            status="failed", error=error, attempts=8, cost=Decimal("0.5")
        )
    run.generations.filter(status="pending").update(status="succeeded")
    Run.objects.filter(pk=run.pk).update(spent=Decimal("0.5") * len(errors))
    finish_runs(run_ids={run.pk})
    run.refresh_from_db()
    return run


def test_prompts_are_chosen_by_what_there_is_with_counts(client, heron):
    factories.make_prompt(factories.make_project("coffee"), "Black?", language="it")
    page = words(client.get(NEW))
    assert "The project has 3" in page
    assert "en (2)" in page
    assert "fr (1)" in page
    assert "colour (1)" in page
    assert "it (1)" not in page


def test_the_estimate_is_shown_before_and_starts_nothing(client, heron):
    for address, more in ((ESTIMATE, {}), (NEW, {"do": "estimate"})):
        answer = client.post(address, form(language="en", **more))
        page = answer.content.decode()
        assert "<strong>4 requests</strong>" in page
        assert "$0.40" in page
        assert 'value="start"' in page
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("asked", "unknown", "likely"), [(["wren"], 3, None), (["heron", "wren"], 1, "$0.60")]
)
def test_what_has_no_prices_is_not_shown_as_free(client, heron, asked, unknown, likely):
    make_generator("wren", prices={})
    page = client.post(ESTIMATE, form(generators=asked)).content.decode()
    assert page.count("unknown: there are no prices") == unknown
    assert "$0.00" not in page
    assert likely is None or likely in page


def test_a_run_is_started_with_what_the_form_says(client, heron, project):
    answer = client.post(NEW, form(tag="colour", budget="2.5", do="start"))
    run = Run.objects.get()
    assert answer["Location"] == f"{LIST}{run.uid}/"
    assert (run.prompts, run.samples, run.budget) == ({"tag": "colour"}, 2, Decimal("2.5"))
    assert run.generations.count() == 2
    assert run.created_by == project.memberships.get().user


def test_pressing_start_twice_starts_one_run(client, heron):
    client.post(NEW, form(do="start"))
    again = client.post(NEW, form(do="start"))
    assert again.status_code == 400
    assert "Nothing would be asked" in words(again)
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"generators": []}, "generators"),
        ({"generators": ["nobody"]}, "generators"),
        ({"samples": "0"}, "samples"),
        ({"language": "xx"}, "language"),
        ({"budget": "-1"}, "budget"),
        ({"limit": "0"}, "limit"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(client, heron, wrong, at):
    answer = client.post(NEW, form(do="start", **wrong))
    assert list(answer.context["form"].errors) == [at]
    assert 'value="start"' not in client.post(ESTIMATE, form(**wrong)).content.decode()
    assert not Run.objects.exists()


def test_a_budget_that_could_not_be_kept_is_refused(client):
    make_generator("heron", prices={})
    answer = client.post(NEW, form(budget="1", do="start"))
    assert "has no prices" in answer.context["form"].errors["budget"][0]


def test_what_cannot_be_asked_is_not_offered(client):
    make_generator("off", enabled=False)
    factories.make_answered_prompts(factories.make_project("coffee"), 1, responses=1)  # recorded
    assert "No generator can be asked yet." in words(client.get(NEW))
    make_generator("heron")
    page = client.get(f"{NEW}?generators=heron&missing=2").content.decode()
    assert 'value="heron" checked' in page
    assert 'value="off"' not in page
    assert 'value="model-a"' not in page


def test_the_page_follows_the_run_by_its_rest_address(client, heron, project):
    run = start_run(project=project, generators=["heron"])
    page = client.get(f"{LIST}{run.uid}/").content.decode()
    assert f'data-job="/api/v1/runs/{run.uid}/"' in page
    assert 'data-status="queued"' in page
    assert "js/jobs" in page
    assert client.get(f"/api/v1/runs/{run.uid}/").json()["status"] == "queued"


def test_a_run_is_paused_and_resumed_with_another_budget(client, heron, project):
    run = start_run(project=project, generators=["heron"], budget=1)
    client.post(f"{LIST}{run.uid}/pause/")
    run.refresh_from_db()
    assert run.status == "paused"
    refused = client.post(f"{LIST}{run.uid}/resume/", {"budget": "much"})
    assert said(refused)[-1] == "The budget is an amount of US dollars."
    client.post(f"{LIST}{run.uid}/resume/", {"budget": "2"})
    run.refresh_from_db()
    assert (run.status, run.budget) == ("queued", 2)


def test_cancelling_says_that_it_takes_nothing_back(client, heron, project):
    run = start_run(project=project, generators=["heron"])
    assert "cancelling has no undo" in words(client.get(f"{LIST}{run.uid}/"))
    client.post(f"{LIST}{run.uid}/cancel/")
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert "Cancel this run" not in words(client.get(f"{LIST}{run.uid}/"))


def test_errors_are_grouped_and_say_what_to_do(client, heron, project):
    run = start_run(project=project, generators=["heron"])
    request = "HTTP 429: slow down, request 0193{}-1111-2222-3333-444455556666"
    fail(run, request.format("aaaa"), request.format("bbbb"), "HTTP 401: who are you?")
    page = words(client.get(f"{LIST}{run.uid}/"))
    assert "2 × heron 2 given up HTTP 429" in page
    assert "The server asks for patience." in page
    assert "1 × heron 1 given up HTTP 401" in page
    assert "The server refuses the key." in page


def test_what_failed_is_asked_again_in_the_same_run(client, heron, project):
    run = fail(start_run(project=project, generators=["heron"]), "HTTP 500: oops")
    assert run.status == "succeeded"
    client.post(f"{LIST}{run.uid}/retry/")
    run.refresh_from_db()
    assert (run.status, run.finished_at, run.spent) == ("queued", None, Decimal("0.5"))
    again = run.generations.get(status="pending")
    assert (again.attempts, again.error, again.cost) == (0, "", Decimal("0.5"))
    assert run.generations.filter(status="succeeded").count() == 2
    retry_run(run=run)  # nothing has failed: nothing changes
    assert run.generations.filter(status="pending").count() == 1


def test_a_cancelled_run_is_not_retried(heron, project):
    run = start_run(project=project, generators=["heron"])
    run.generations.update(status="failed", error="HTTP 500: oops")
    cancel_run(run=run)
    with pytest.raises(Conflict):
        retry_run(run=run)
    assert run.generations.filter(status="failed").count() == 3


def test_a_paused_run_stays_paused_when_it_is_retried(client, heron, project):
    run = start_run(project=project, generators=["heron"])
    run.generations.update(status="failed", error="HTTP 500: oops")
    client.post(f"{LIST}{run.uid}/pause/")
    client.post(f"{LIST}{run.uid}/retry/")
    run.refresh_from_db()
    assert run.status == "paused"
    assert run.generations.filter(status="pending").count() == 3


def test_a_generator_that_was_changed_meanwhile_is_pointed_out(client, heron, project):
    run = fail(start_run(project=project, generators=["heron"]), "HTTP 404: no such model")
    assert "was changed since" not in words(client.get(f"{LIST}{run.uid}/"))
    change_generator(generator=heron, user=None, model="better")
    page = client.get(f"{LIST}{run.uid}/")
    assert "heron was changed since this run began." in words(page)
    assert "?generators=heron&amp;samples=1&amp;missing=1" in page.content.decode()


def test_the_list_is_paged_newest_first(client, heron, project, monkeypatch):
    monkeypatch.setattr("dashboard.pages.runs.PAGE", 2)
    uids = [start_run(project=project, generators=["heron"]).uid for _ in range(3)]
    start_run(project=factories.make_project("coffee"), generators=["heron"])
    first = client.get(LIST)
    assert [row["run"].uid for row in first.context["rows"]] == [uids[2], uids[1]]
    second = client.get(f"{LIST}?before={first.context['further']}")
    assert [row["run"].uid for row in second.context["rows"]] == [uids[0]]
    assert second.context["further"] is None
    assert client.get(f"{LIST}?before=nothing").status_code == 404


def test_runs_of_other_projects_are_not_there(client, heron):
    elsewhere = start_run(project=factories.make_project("coffee"), generators=["heron"])
    assert client.get(f"{LIST}{elsewhere.uid}/").status_code == 404
    assert client.post(f"{LIST}{elsewhere.uid}/cancel/").status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.status != "cancelled"


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_cost_few_queries(client, project, number, django_assert_max_num_queries):
    names = [f"heron-{each}" for each in range(number)]
    for name in names:
        make_generator(name)
    runs = [start_run(project=project, generators=names) for _ in range(number)]
    run = runs[0]
    fail(run, "HTTP 500: oops")
    for address in (LIST, NEW, f"{LIST}{run.uid}/"):
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200


def test_only_researchers_of_the_project_see_and_do_anything(project, heron):
    run = start_run(project=project, generators=["heron"])
    people = {role: factories.make_member(project, role) for role in Membership.Role.values}
    people["stranger"] = factories.make_user()
    people["other"] = factories.make_member(factories.make_project("coffee"), "researcher")
    looks = (LIST, NEW, f"{LIST}{run.uid}/", GENERATORS, f"{GENERATORS}{heron.uid}/")
    deeds = (NEW, ESTIMATE, f"{LIST}{run.uid}/cancel/", f"{GENERATORS}{heron.uid}/test/")
    got = {}
    for role, user in people.items():
        client = sign_in(user)
        got[role] = {client.get(address).status_code for address in looks}
        if role != "researcher":
            got[role] |= {client.post(address).status_code for address in deeds}
    assert got == {
        "labeler": {403},
        "reviewer": {403},
        "trainer": {403},
        "researcher": {200},
        "stranger": {404},
        "other": {404},
    }
    run.refresh_from_db()
    assert run.status == "queued"


def told(client, run):
    """The condition that the run's page tells, and the one of the list."""
    page = client.get(f"{LIST}{run.uid}/").context["condition"]
    listed = client.get(LIST).context["rows"][0]["condition"]
    return page and str(page["words"]), listed and str(listed["words"])


def test_a_run_whose_generators_are_all_paused_says_so(client, heron, project):
    egret = make_generator("egret")
    run = start_run(project=project, generators=["heron", "egret"])
    assert told(client, run) == (None, None)
    pause_generator(generator=heron)
    assert told(client, run) == ("waits for a generator",) * 2
    pause_generator(generator=egret)
    assert told(client, run) == ("waits for its generators",) * 2
    page = client.get(f"{LIST}{run.uid}/")
    assert "let it be asked again" in words(page)
    assert '<progress class="warn"' in page.content.decode()


def test_a_run_that_waits_for_a_paused_generator_only_says_so(client, heron, project):
    make_generator("egret")
    run = start_run(project=project, generators=["heron", "egret"])
    run.generations.exclude(revision__generator=heron).update(status="succeeded")
    pause_generator(generator=heron)
    assert told(client, run)[0] == "waits for its generators"


def test_a_run_that_only_fails_is_not_in_the_colour_of_success(client, heron, project):
    run = start_run(project=project, generators=["heron"])
    run.generations.update(error="HTTP 500: oops", attempts=1)
    assert told(client, run)[0] == "nothing but failures"
    first = run.generations.earliest("pk")
    run.generations.filter(pk=first.pk).update(status="failed")
    assert told(client, run) == ("nothing but failures",) * 2
    assert '<progress class="bad"' in client.get(f"{LIST}{run.uid}/").content.decode()


def test_a_run_that_ended_with_failures_warns(client, heron, project):
    run = fail(start_run(project=project, generators=["heron"]), "HTTP 500: oops")
    assert told(client, run) == ("some failed",) * 2
    assert client.get(LIST).context["rows"][0]["tone"] == ""
    page = client.get(f"{LIST}{run.uid}/").content.decode()
    assert "note good" not in page
    assert '<dd class="went-wrong">1</dd>' in page


def test_a_run_of_which_nothing_came_says_what_to_do(client, heron, project):
    run = fail(start_run(project=project, generators=["heron"]), *["HTTP 500: oops"] * 3)
    assert told(client, run) == ("all failed",) * 2
    cancelled = start_run(project=project, generators=[make_generator("egret").name])
    cancelled.generations.update(status="failed", error="HTTP 500: oops")
    cancel_run(run=cancelled)
    assert told(client, cancelled) == (None, None)
