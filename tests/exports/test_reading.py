"""What sources give: rankings, ratings, demonstrations, prompts, trees, in whole and in parts."""

from itertools import pairwise
from typing import Any

import pytest

from accounts.models import Labeler
from collector.models import Message, MessageFlag, Project
from exports.items import Node, Source
from exports.reading import last_key, pages
from exports.recipes import parse_recipe
from exports.selection import Frame, make_frame
from labeling.models import Judgment, ResponseRating
from tests.exports.builders import judge, now, thread_of
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db


def frame_of(project: Project, **recipe: Any) -> Frame:
    return make_frame(project_id=project.pk, cut_off=now(), recipe=parse_recipe(recipe))


def items(project: Project, source: Source, **recipe: Any) -> list[Any]:
    frame = frame_of(project, **recipe)
    return [item for page in pages(source, frame) for item in page.items]


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def prompt(project: Project) -> Message:
    prompt = make_prompt(project)
    thread_of(prompt)
    return prompt


def answers(prompt: Message, names: str) -> list[Message]:
    return [make_response(prompt, text=name, revision=f"model-{name}") for name in names]


def tiers_of(ranking: Any) -> list[set[str]]:
    return [{ranking.responses[place].text for place in tier} for tier in ranking.tiers]


def rated(judgment: Judgment, response: Message, overall: int | None, **said: Any) -> None:
    ResponseRating.objects.create(judgment=judgment, response=response, overall=overall, **said)


def test_a_ranking_is_a_judgment_in_the_order_shown_or_the_order_of_all(
    prompt: Message, project: Project
) -> None:
    a, b, c = answers(prompt, "abc")
    judge(prompt, [[a], [b], [c]], order=[c, a, b])
    judge(prompt, [[a], [c], [b]])
    judge(prompt, [[b], [a], [c]])
    judge(prompt, None, order=[a, b, c], not_rankable="all wrong")
    each = items(project, "rankings")
    assert [text.text for text in each[0].responses] == ["c", "a", "b"]
    assert [tiers_of(item) for item in each] == [
        [{"a"}, {"b"}, {"c"}],
        [{"a"}, {"c"}, {"b"}],
        [{"b"}, {"a"}, {"c"}],
        [],
    ]
    (whole,) = items(project, "rankings", votes="consensus")
    assert tiers_of(whole) == [{"a"}, {"b"}, {"c"}]
    assert whole.votes == 4
    assert whole.agreement == pytest.approx(7 / 12)  # 3, 2 and 2 of 3 pairs, and none
    assert items(project, "rankings", votes="consensus", min_votes=5) == []
    assert items(project, "rankings", votes="consensus", min_agreement=0.6) == []


def test_a_circle_is_a_tie_and_is_broken_by_a_draw_on_request(
    prompt: Message, project: Project
) -> None:
    a, b, c = answers(prompt, "abc")
    for tiers in ([[a], [b], [c]], [[b], [c], [a]], [[c], [a], [b]]):
        judge(prompt, tiers)
    (tied,) = items(project, "rankings", votes="consensus")
    assert tiers_of(tied) == [{"a", "b", "c"}]
    drawn = set()
    for seed in range(12):
        recipe = {"votes": "consensus", "ties": "draw", "split_seed": seed}
        (broken,) = items(project, "rankings", **recipe)
        assert (broken,) == tuple(items(project, "rankings", **recipe))
        assert [len(tier) for tier in broken.tiers] == [1, 1, 1]
        drawn.add(tuple(broken.responses[tier[0]].text for tier in broken.tiers))
    assert len(drawn) > 2


def test_a_response_has_one_rating_however_many_rated_it(prompt: Message, project: Project) -> None:
    a, b = answers(prompt, "ab")
    first, second, gold = (
        judge(prompt, [[a], [b]], purpose=purpose) for purpose in ("work", "work", "gold")
    )
    rated(first, a, 7)
    rated(second, a, 4)
    rated(second, b, None, flags={"rude": True})
    rated(gold, b, 1)
    (rating,) = items(project, "ratings")
    assert (rating.response.text, rating.overall, rating.votes) == ("a", 5.5, 2)
    assert items(project, "ratings", min_votes=3) == []


def test_demonstrations_are_written_edited_or_best(prompt: Message, project: Project) -> None:
    a, b = answers(prompt, "ab")
    human = make_response(prompt, text="by hand", origin="human", revision=None)
    edit = Message.objects.create(
        project=project, parent=prompt, root=prompt, depth=1, role="assistant", text="better b",
        content_hash=b"1" * 32, origin="edit", edits=b,
    )  # fmt: skip
    make_response(prompt, text="never judged")
    judge(prompt, [[a], [b]], edit=edit)
    tied = make_prompt(project)
    thread_of(tied)
    c, d = answers(tied, "cd")
    judge(tied, [[c, d]])
    found = {item.response.text: item.reason for item in items(project, "demonstrations")}
    assert found == {"a": "best", "by hand": "written", "better b": "edited"}
    assert human.text in found


def test_trees_hold_every_branch_but_what_follows_a_deleted_message(
    prompt: Message, project: Project
) -> None:
    a, b, c = answers(prompt, "abc")
    labeler = make_labeler(user=None)
    follow_up = make_prompt(project, text="and then?", parent=a, root=prompt, depth=2)
    deep = make_response(follow_up, text="deep", origin="human", revision=None)
    Message.objects.filter(pk=deep.pk).update(labeler=labeler)
    make_response(
        make_prompt(project, text="lost", parent=c, root=prompt, depth=2), text="lost too"
    )
    judgment = judge(prompt, [[b], [a]], order=[a, b])
    rated(judgment, a, 7, labels={"spam": False, "toxicity": 0.25}, attributes={"helpful": 3})
    Message.objects.filter(pk=c.pk).update(deleted_at=now())
    (tree,) = items(project, "trees")
    assert tree.prompt.uid == str(prompt.uid)
    assert shape(tree.root) == [
        prompt.text,
        [["a", [["and then?", [["deep", []]]]]], ["b", []]],
    ]
    first, second = tree.root.replies
    assert (first.rank, second.rank, first.votes) == (1, 0, 1)
    assert first.labels == {
        "quality": (1.0, 1),
        "helpful": (0.75, 1),
        "spam": (0.0, 1),
        "toxicity": (0.25, 1),
    }
    assert (first.model, first.labeler) == ("model-a", None)
    written = first.replies[0].replies[0]
    assert (written.model, written.labeler, written.rank) == (None, labeler.uid, None)
    assert (written.parent, first.parent) == (str(follow_up.uid), str(prompt.uid))
    nodes = items(project, "messages")
    assert [node.text.text for node in nodes] == [prompt.text, "a", "and then?", "deep", "b"]
    assert {node.prompt.uid for node in nodes} == {str(prompt.uid)}


def shape(node: Node) -> list[Any]:
    return [node.text.text, [shape(reply) for reply in node.replies]]


SOURCES: list[tuple[Source, dict[str, Any]]] = [
    ("comparisons", {}),
    ("comparisons", {"votes": "consensus"}),
    ("comparisons", {"max_pairs": 1}),
    ("comparisons", {"balance": "length"}),
    ("judgments", {}),
    ("rankings", {}),
    ("rankings", {"votes": "consensus"}),
    ("ratings", {}),
    ("demonstrations", {}),
    ("prompts", {}),
    ("trees", {}),
    ("messages", {}),
]


@pytest.mark.parametrize(("source", "recipe"), SOURCES)
def test_parts_of_a_source_give_what_the_whole_gives(
    project: Project, source: Source, recipe: dict[str, Any]
) -> None:
    other = make_project()
    for number in range(7):
        for owner in (project, other):
            prompt = make_prompt(owner)
            a, b, c = (make_response(prompt, text="x" * (n + 1)) for n in range(3))
            tiers = [[a], [b], [c]] if number % 2 else [[c], [b], [a]]
            for judgment in (judge(prompt, tiers), judge(prompt, tiers)):
                rated(judgment, a, 3)
    frame = frame_of(project, **recipe)
    whole = [item for page in pages(source, frame) for item in page.items]
    assert len(whole) >= 7
    last = last_key(source, frame)
    for cuts in ([0, last // 2, last], [0, last // 3, last // 2, last - 1, last]):
        parts = [
            item
            for low, high in pairwise(cuts)
            for page in pages(source, frame, low=low, high=high)
            for item in page.items
        ]
        assert parts == whole


def test_filters_hold_for_every_source(project: Project) -> None:
    def asked(**fields: Any) -> Message:
        prompt = make_prompt(project, **fields)
        a, b = answers(prompt, "ab")
        rated(judge(prompt, [[a], [b]]), a, 6)
        return prompt

    asked(text="en", language="en", meta={"tags": ["maths", "logic"]})
    asked(text="de", language="de", meta={"tags": ["maths"]})
    asked(text="untagged", language="en")
    flagged = asked(text="flagged", language="en", meta={"tags": ["logic"]})
    MessageFlag.objects.create(message=flagged, kind="pii")
    MessageFlag.objects.create(message=flagged, kind="refusal", dismissed_at=now())
    recipe = {"languages": ["en"], "topics": ["logic", "art"], "excluded_flags": ["pii"]}
    for source, _ in SOURCES:
        found = {item.prompt.messages[0]["content"] for item in items(project, source, **recipe)}
        assert found == {"en"}, source
        dismissed = recipe | {"excluded_flags": ["refusal"]}
        found = {item.prompt.messages[0]["content"] for item in items(project, source, **dismissed)}
        assert found == {"en", "flagged"}, source


def test_a_flagged_response_is_out(prompt: Message, project: Project) -> None:
    a, b, c = answers(prompt, "abc")
    rated(judge(prompt, [[a], [b], [c]]), a, 6)
    MessageFlag.objects.create(message=a, kind="truncated")
    recipe = {"excluded_flags": ["truncated"]}
    for votes in ("each", "consensus"):
        pairs = items(project, "comparisons", votes=votes, **recipe)
        assert [(pair.chosen.text, pair.rejected.text) for pair in pairs] == [("b", "c")]
    assert items(project, "judgments", **recipe) == []
    (tree,) = items(project, "trees", **recipe)
    assert [reply.text.text for reply in tree.root.replies] == ["b", "c"]


def test_consent_and_quality_are_those_of_the_labelers(prompt: Message, project: Project) -> None:
    a, b = answers(prompt, "ab")
    people: dict[str, Labeler] = {name: make_labeler(user=None) for name in ("good", "bad", "new")}
    machine = make_labeler(user=None, kind="machine")
    gold = make_prompt(project)
    x, y = answers(gold, "xy")
    task = judge(gold, [[x], [y]], labeler=people["good"], purpose="gold").task
    judge(gold, [[y], [x]], labeler=people["bad"], purpose="gold", task=task)
    project.gold_items.create(task=task, use="gold", tiers=[[x.pk], [y.pk]])
    people["bad"].consents.create(version="1")
    for labeler in (*people.values(), machine):
        judge(prompt, [[a], [b]], labeler=labeler)
    uids = {labeler.uid: name for name, labeler in people.items()} | {machine.uid: "machine"}

    def who(**recipe: Any) -> set[str]:
        return {uids[vote.labeler] for vote in items(project, "judgments", **recipe)}

    assert who() == {"good", "bad", "new", "machine"}
    assert who(consented=True) == {"bad", "machine"}
    assert who(min_labeler_quality=0.5) == {"good"}
    (pair,) = items(project, "comparisons", min_labeler_quality=1)
    assert pair.chosen.text == "a"
