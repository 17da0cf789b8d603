"""projects/{slug}/judgments/ and judgments/{uid}/."""

import pytest
from django.utils import timezone

from accounts.models import Labeler
from collector.models import Generator, Message
from labeling.models import Judgment, LabelerStanding, Task
from labeling.services.building import build_tasks
from labeling.services.deciding import decide
from labeling.services.policies import set_policy
from tests.factories import make_answered_prompts, make_labeler, make_project
from tests.labeling.work import judge

URL = "/api/v1/projects/poems/judgments/"


def work_in(project, prompts=1, **policy):
    set_policy(project=project, **({"responses": 2, "overlap": 2} | policy))
    made = make_answered_prompts(project, prompts, policy.get("responses", 2))
    build_tasks(project=project)
    return made


def listed(client, **query):
    return [each["id"] for each in client.get(URL, query).json()["results"]]


def test_a_judgment_says_all_that_was_said(researcher, project):
    (prompt,) = work_in(
        project, modes=["rank", "overall", "rationale", "spans"], span_labels=["ok"]
    )
    ana = make_labeler()
    answered = judge(
        project,
        ana,
        "2",
        "1",
        rationale="Shorter.",
        seconds=4.5,
        ratings={"1": {"overall": 3}, "2": {"overall": 6}},
        spans=[{"response": "2", "start": 0, "end": 8, "label": "ok", "note": "good"}],
    )
    elsewhere = make_project()
    work_in(elsewhere)
    judge(elsewhere, ana)
    shown = [str(Message.objects.get(pk=pk).uid) for pk in answered.order]
    (row,) = researcher.get(URL).json()["results"]
    ratings = {each.pop("response"): each["overall"] for each in row["ratings"]}
    assert ratings == {shown[0]: 3, shown[1]: 6}
    assert row | {"ratings": []} == {
        "id": str(answered.uid),
        "task": str(answered.task.uid),
        "prompt": str(prompt.uid),
        "labeler": ana.pseudonym,
        "kind": "person",
        "purpose": "work",
        "policy_version": 1,
        "guideline_version": None,
        "order": shown,
        "tiers": [[shown[1]], [shown[0]]],
        "not_rankable": None,
        "strength": None,
        "answers": row["answers"],
        "ratings": [],
        "spans": [{"response": shown[1], "start": 0, "end": 8, "label": "ok", "note": "good"}],
        "edit": None,
        "rationale": "Shorter.",
        "seconds": 4.5,
        "supersedes": None,
        "created_at": answered.created_at.isoformat().replace("+00:00", "Z"),
        "retired_at": None,
    }
    one = researcher.get(f"/api/v1/judgments/{answered.uid}/")
    assert one.json()["tiers"] == row["tiers"]
    assert one.json().keys() == row.keys()


def test_judgments_are_chosen(researcher, project):
    first_prompt, _second = work_in(project, prompts=2)
    ana, bo = make_labeler(), make_labeler()
    mine = [judge(project, ana), judge(project, ana)]
    theirs = judge(project, bo)
    Judgment.objects.filter(pk=mine[1].pk).update(retired_at=timezone.now())
    everything = [str(mine[0].uid), str(theirs.uid)]
    assert listed(researcher) == everything
    assert listed(researcher, labeler=bo.pseudonym) == [str(theirs.uid)]
    assert listed(researcher, retired=True) == [str(mine[1].uid)]
    assert listed(researcher, purpose="gold") == []
    assert listed(researcher, task=str(theirs.task.uid), labeler=bo.pseudonym) == [str(theirs.uid)]
    of_first = [each for each in (mine[0], theirs) if each.task.prompt == first_prompt]
    assert listed(researcher, prompt=str(first_prompt.uid)) == [str(each.uid) for each in of_first]
    assert listed(researcher, created_after=mine[0].created_at.isoformat()) == [str(theirs.uid)]
    assert researcher.get(URL, {"labelers": "x"}).status_code == 400


def test_excluded_labelers_are_shown_where_they_are_named(researcher, people, project):
    work_in(project)
    ana = make_labeler()
    answered = judge(project, ana)
    decide(
        project=project,
        labeler=ana,
        state=LabelerStanding.State.EXCLUDED,
        reason="Random.",
        decided_by=people["reviewer"],
    )
    assert listed(researcher) == []
    assert listed(researcher, labeler=ana.pseudonym) == [str(answered.uid)]


def test_a_vote_without_texts_names_models(researcher, project):
    models = [Generator.objects.create(name=name) for name in ("model-x", "model-y")]
    order = [model.pk for model in models]
    Judgment.objects.create(
        task=Task.objects.create(project=project, prompt=None, state="complete"),
        labeler=make_labeler(user=None, kind=Labeler.Kind.IMPORTED),
        purpose="imported",
        order=order,
        tiers=[[order[1]], [order[0]]],
        submit_key="1",
        body_hash=b"",
        created_at=timezone.now(),
    )
    (row,) = researcher.get(URL).json()["results"]
    assert (row["prompt"], row["tiers"]) == (None, [["model-y"], ["model-x"]])


def test_strangers_learn_nothing_of_it(clients, project):
    work_in(project)
    address = f"/api/v1/judgments/{judge(project, make_labeler()).uid}/"
    statuses = {who: clients[who].get(address).status_code for who in ("labeler", "other")}
    assert statuses == {"labeler": 403, "other": 404}


@pytest.mark.parametrize("prompts", [1, 3])
def test_a_page_costs_the_same_at_any_length(
    researcher, project, prompts, django_assert_num_queries
):
    work_in(project, prompts=prompts, modes=["rank", "overall"])
    ana = make_labeler()
    for _ in range(prompts):
        judge(project, ana, ratings={"1": {"overall": 3}})
    with django_assert_num_queries(6):  # token, project, judgments, ratings, spans, names
        assert len(listed(researcher)) == prompts
