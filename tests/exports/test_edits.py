"""What a labeler's better version becomes in datasets."""

from typing import Any

import orjson
import pytest

from collector.models import Message, Project
from exports.reading import pages
from exports.recipes import parse_recipe
from exports.selection import make_frame
from exports.services.stream import stream_rows
from labeling.models import Judgment
from labeling.services.submitting import submit
from tests.factories import make_labeler
from tests.labeling.work import claimed, project_with_tasks, ranking

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return project_with_tasks(1, responses=3, modes=["rank", "edit"])


@pytest.fixture
def edited(project: Project) -> list[Judgment]:
    """An answer and its correction, each with an edit of the best response."""
    labeler = make_labeler()
    slot = claimed(project, labeler).slot
    return [
        submit(
            slot_uid=slot,
            labeler=labeler,
            answer=ranking(*tiers, edit={"response": tiers[0], "text": text}),
        )
        for tiers, text in (("123", "Better."), ("321", "Best."))
    ]


def rows(project: Project, name: str, **recipe: Any) -> list[dict[str, Any]]:
    blocks = stream_rows(project=project, format=name, recipe=recipe)
    return [orjson.loads(line) for line in b"".join(blocks).splitlines()]


def chosen(project: Project, **recipe: Any) -> list[str]:
    return [row["chosen"][0]["content"] for row in rows(project, "preference", **recipe)]


def test_an_edit_is_chosen_over_its_original(project: Project, edited: list[Judgment]) -> None:
    original = Message.objects.get(pk=edited[1].order[2])
    (row,) = [row for row in rows(project, "preference") if row["chosen"][0]["content"] == "Best."]
    assert row["rejected"] == [{"role": "assistant", "content": original.text}]
    weights = [row["weight"] for row in rows(project, "preference", columns=["weight"])]
    assert weights == [1 / 3] * 4


@pytest.mark.parametrize(("pairs", "edits"), [("all", 1), ("best_worst", 0), ("adjacent", 0)])
def test_pairs_of_tiers_have_no_edits_among_them(
    project: Project, edited: list[Judgment], pairs: str, edits: int
) -> None:
    assert chosen(project, pairs=pairs).count("Best.") == edits
    assert "Better." not in chosen(project, pairs=pairs)


def test_what_was_frozen_before_a_correction_holds_the_edit_of_then(
    project: Project, edited: list[Judgment]
) -> None:
    for judgment, text in zip(edited, ("Better.", "Best."), strict=True):
        frame = make_frame(
            project_id=project.pk, cut_off=judgment.created_at, recipe=parse_recipe({})
        )
        pairs = [item for page in pages("comparisons", frame) for item in page.items]
        assert [pair.chosen.text for pair in pairs].count(text) == 1
        assert len(pairs) == 4
        (vote,) = [item for page in pages("judgments", frame) for item in page.items]
        assert vote.edit.text.text == text


def test_an_edit_that_was_erased_is_not_exported(project: Project, edited: list[Judgment]) -> None:
    edit = Message.objects.filter(written_in=edited[1])
    edit.update(deleted_at=edited[1].created_at, text="")
    assert rows(project, "judgments")[0]["edit"] is None
    assert len(chosen(project)) == 3
