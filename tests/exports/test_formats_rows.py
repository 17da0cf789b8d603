"""The row of each format that is not about pairs alone, literally, as it is streamed."""

from typing import Any

import pytest

from accounts.models import Labeler
from collector.models import Message, Project
from exports.splits import labeler_name
from labeling.models import ResponseRating
from tests.exports.builders import judge, thread_of
from tests.exports.test_formats import rows
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db
SKY = [{"role": "user", "content": "sky?"}]


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def sky(project: Project, *texts: str) -> tuple[Message, list[Message]]:
    """A prompt and its responses, worst first."""
    prompt = make_prompt(project, "sky?", language="en")
    responses = [make_response(prompt, text, f"model-{text}") for text in texts]
    return prompt, responses


def rated(project: Project, **ratings: list[int]) -> Message:
    """Responses by text, each with its overall ratings, one a labeler."""
    prompt, responses = sky(project, *ratings)
    for turn in range(len(next(iter(ratings.values())))):
        judgment = judge(prompt, [[response] for response in responses])
        for response in responses:
            ResponseRating.objects.create(
                judgment=judgment, response=response, overall=ratings[response.text][turn]
            )
    return prompt


def test_openai_dpo() -> None:
    project = make_project()
    prompt, (green, blue) = sky(project, "green", "blue")
    judge(prompt, [[blue], [green]], strength=3)
    assert rows(project, "openai_dpo", columns="margin") == [
        {
            "input": {"messages": SKY, "tools": [], "parallel_tool_calls": True},
            "preferred_output": said("blue"),
            "non_preferred_output": said("green"),
        }
    ]


def test_nemo() -> None:
    project = make_project()
    prompt, (green, blue) = sky(project, "green", "blue")
    judge(prompt, [[blue], [green]])
    assert rows(project, "nemo") == [
        {
            "context": SKY,
            "completions": [
                {"rank": 0, "completion": said("blue")},
                {"rank": 1, "completion": said("green")},
            ],
        }
    ]


def test_instruction() -> None:
    project = make_project()
    prompt, (green, blue) = sky(project, "green", "blue")
    thread_of(prompt, [{"role": "system", "content": "Be brief."}, *SKY])
    judge(prompt, [[blue], [green]])
    assert rows(project, "instruction") == [
        {
            "system": "Be brief.",
            "instruction": "sky?",
            "input": "sky?",
            "prompt": "sky?",
            "chosen": "blue",
            "rejected": "green",
        }
    ]


@pytest.mark.parametrize(("share", "split"), [(0, "train"), (1, "val")])
def test_ranked(share: int, split: str) -> None:
    project = make_project()
    prompt, (red, green, blue) = sky(project, "red", "green", "blue")
    judge(prompt, [[blue], [green], [red]], order=[green, red, blue])
    assert rows(project, "ranked", test_share=share) == [
        {
            "prompt_id": str(prompt.uid),
            "split": split,
            "prefixes": ["sky?"],
            "responses": ["blue", "green", "red"],
            "augmented": [],
        }
    ]


def test_lm_human_preferences() -> None:
    project = make_project()
    prompt, (red, green, grey, blue) = sky(project, "red", "green", "grey", "blue")
    judge(prompt, [[blue], [green, red, grey]], order=[green, grey, blue, red])
    assert rows(project, "lm_human_preferences") == [
        {
            "query": "sky?",
            "sample0": "green",
            "sample1": "grey",
            "sample2": "blue",
            "sample3": "red",
            "best": 2,
        }
    ]


def test_unpaired_is_of_the_mean_of_all_ratings() -> None:
    project = make_project()
    rated(project, green=[1, 2], grey=[4, 4], blue=[5, 6])
    found = {row["completion"][0]["content"]: row for row in rows(project, "unpaired")}
    assert found == {
        "green": {"prompt": SKY, "completion": said("green"), "label": False, "rating": 0},
        "blue": {"prompt": SKY, "completion": said("blue"), "label": True, "rating": 3},
    }


def test_no_response_is_labelled_twice() -> None:
    project = make_project()
    rated(project, green=[1, 7, 2], blue=[7, 1, 6])
    labels = [(row["completion"][0]["content"], row["label"]) for row in rows(project, "unpaired")]
    assert labels == [("green", False), ("blue", True)]


def test_sft_has_the_best_response_of_a_prompt() -> None:
    project = make_project()
    prompt, (green, blue) = sky(project, "green", "blue")
    judge(prompt, [[blue], [green]])
    judge(prompt, [[blue], [green]])
    assert rows(project, "sft") == [{"messages": [*SKY, *said("blue")]}]


def test_prompts_that_were_never_judged_are_there_too() -> None:
    project = make_project()
    prompt, (blue,) = sky(project, "blue")
    asked = make_prompt(project, "And at night?", parent=blue, root=prompt, depth=2, language="en")
    deeper = [*SKY, *said("blue"), {"role": "user", "content": "And at night?"}]
    assert rows(project, "prompts") == [{"prompt": SKY}, {"prompt": deeper}]
    Message.objects.filter(pk=asked.pk).update(text="", deleted_at=asked.created_at)
    assert rows(project, "prompts") == [{"prompt": SKY}]


def tree(project: Project, writer: Labeler) -> list[Message]:
    """Two replies, ranked and labelled by two, and a question asked of the better one."""
    prompt, (green, blue) = sky(project, "green", "blue")
    Message.objects.filter(pk=green.pk).update(revision=None, labeler=writer, origin="human")
    for quality in (1, 0.5):
        judgment = judge(prompt, [[blue], [green]])
        ResponseRating.objects.create(
            judgment=judgment, response=blue, labels={"quality": quality, "spam": False}
        )
    why = make_prompt(project, "Why?", parent=blue, root=prompt, depth=2, language="en")
    return [prompt, green, blue, why]


def fields(message: Message, **known: Any) -> dict[str, Any]:
    """A message as Open-Assistant has it, of a person and not looked at unless `known` says so."""
    return {
        "message_id": str(message.uid),
        "parent_id": message.parent and str(message.parent.uid),
        "user_id": None,
        "created_date": message.created_at.isoformat(),
        "text": message.text,
        "role": "prompter" if message.role == "user" else "assistant",
        "lang": "en",
        "review_count": 0,
        "review_result": True,
        "deleted": False,
        "rank": None,
        "synthetic": False,
        "model_name": None,
        "labels": {},
        "emojis": {},
        **known,
    }


def expected(messages: list[Message], writer: Labeler) -> list[dict[str, Any]]:
    prompt, green, blue, why = messages
    labels = {"quality": {"value": 0.75, "count": 2}, "spam": {"value": 0.0, "count": 2}}
    return [
        fields(prompt),
        fields(green, rank=1, review_count=2, user_id=labeler_name(writer.uid, seed=3)),
        fields(
            blue,
            rank=0,
            review_count=2,
            synthetic=True,
            model_name="model-blue",
            labels=labels,
        ),
        fields(why),
    ]


def test_oasst() -> None:
    project, writer = make_project(languages=["en"]), make_labeler()
    messages = tree(project, writer)
    prompt, green, blue, why = expected(messages, writer)
    why["replies"] = []
    blue["replies"] = [why]
    green["replies"] = []
    prompt["replies"] = [green, blue]
    assert rows(project, "oasst", anonymise_seed=3) == [
        {
            "message_tree_id": str(messages[0].uid),
            "tree_state": "ready_for_export",
            "prompt": prompt,
        }
    ]


def test_oasst_messages() -> None:
    project, writer = make_project(languages=["en"]), make_labeler()
    messages = tree(project, writer)
    place = {"message_tree_id": str(messages[0].uid), "tree_state": "ready_for_export"}
    found = rows(project, "oasst_messages", anonymise_seed=3)
    assert found == [row | place for row in expected(messages, writer)]
    assert list(found[0])[-2:] == ["message_tree_id", "tree_state"]


def test_labels_of_the_source_count_as_often_as_it_says() -> None:
    project, writer = make_project(languages=["en"]), make_labeler()
    prompt, _green, blue, _why = tree(project, writer)
    said = {"quality": {"value": 0.0, "count": 1}, "humor": {"value": 0.5, "count": 3}}
    hostile = {"spam": "often", "toxicity": {"value": "high", "count": 2}, "odd": {"value": 1}}
    Message.objects.filter(pk=blue.pk).update(meta={"labels": said | hostile})
    Message.objects.filter(pk=prompt.pk).update(meta={"labels": ["quality"]})
    labels = {row["message_id"]: row["labels"] for row in rows(project, "oasst_messages")}
    assert labels[str(prompt.uid)] == {}
    assert labels[str(blue.uid)] == {
        "humor": {"value": 0.5, "count": 3},
        "quality": {"value": 0.5, "count": 3},
        "spam": {"value": 0.0, "count": 2},
    }


def test_what_follows_a_deleted_message_is_not_in_the_tree() -> None:
    project, writer = make_project(languages=["en"]), make_labeler()
    prompt, green, blue, _why = tree(project, writer)
    Message.objects.filter(pk=blue.pk).update(text="", deleted_at=blue.created_at)
    assert [row["message_id"] for row in rows(project, "oasst_messages")] == [
        str(prompt.uid), str(green.uid)
    ]  # fmt: skip


def test_a_tree_speaks_the_one_language_of_its_project_or_is_refused() -> None:
    for languages, expected in ((["de"], ["de"]), (["de", "en"], []), ([], [])):
        project = make_project(languages=languages)
        make_prompt(project, "sky?")
        assert [row["prompt"]["lang"] for row in rows(project, "oasst")] == expected
        assert [row["lang"] for row in rows(project, "oasst_messages")] == expected
