"""What a submit stores of the modes beside the order: answers, ratings, edits, spans, warnings."""

from typing import Any

import pytest

from collector.models import Message
from labeling.errors import InvalidAnswer
from labeling.models import (
    Comparison,
    ContentWarning,
    GoldItem,
    Judgment,
    Mask,
    ResponseRating,
    Slot,
    Span,
)
from labeling.services.rebuilding import rebuild_comparisons
from labeling.services.submitting import submit
from labeling.texts.masking import MASK, masked
from tests.factories import make_labeler
from tests.labeling.work import claimed, judge, project_with_tasks, ranking

pytestmark = pytest.mark.django_db

EVERYTHING = [
    *("pair", "strength", "confidence", "safety", "overall", "attributes", "flags", "labels"),
    *("spans", "edit", "rationale"),
]
NOT_SPAM = {place: {"labels": {"spam": False}} for place in "12"}


def project(**policy: Any) -> Any:
    settings: dict[str, Any] = {"modes": EVERYTHING, "span_labels": ["wrong"], "responses": 2}
    return project_with_tasks(1, **settings | policy)


def rows() -> list[tuple[Any, ...]]:
    return list(
        Comparison.objects.order_by("pk").values_list(
            "first", "second", "outcome", "strength", "first_shown_before", "purpose"
        )
    )


def test_every_mode_of_one_answer_is_stored() -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    one, two = Slot.objects.get(uid=task.slot).order or []
    answer = ranking(
        "2",
        "1",
        strength=3,
        answers={"confidence": 7, "safety": "second"},
        ratings={
            "1": {
                "overall": 2,
                "attributes": {"helpfulness": 0},
                "flags": ["violent_content"],
                "labels": {"spam": False},
            },
            "2": {"flags": {"hallucination": False}, "labels": {"spam": False, "violence": 0.5}},
        },
        edit={"response": "2", "text": "A better\nversion."},
        spans=[{"response": "1", "start": 0, "end": 8, "label": "wrong", "note": "So it is."}],
    )
    returned = submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    judgment = Judgment.objects.get()
    assert judgment.answers == returned.answers == {"confidence": 7, "safety": "second"}
    ratings = ResponseRating.objects.order_by("response_id").values_list(
        "response", "overall", "attributes", "flags", "labels"
    )
    assert set(map(repr, ratings)) == {
        repr((one, 2, {"helpfulness": 0}, {"violent_content": True}, {"spam": False})),
        repr((two, None, {}, {"hallucination": False}, {"spam": False, "violence": 0.5})),
    }
    span = Span.objects.get()
    assert (span.judgment, span.response_id, span.start, span.end) == (judgment, one, 0, 8)
    assert (span.label, span.note) == ("wrong", "So it is.")
    assert set(ContentWarning.objects.values_list("message", "category", "source")) == {
        (one, "violence", "judgment"),
        (two, "violence", "judgment"),
    }


def test_an_edit_is_a_new_response_above_the_one_it_was_made_from() -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    slot = Slot.objects.get(uid=task.slot)
    one, two = slot.order or []
    edit = {"response": "1", "text": "Better."}
    judgment = submit(
        slot_uid=task.slot,
        labeler=labeler,
        answer=ranking("1", "2", strength=2, ratings=NOT_SPAM, edit=edit),
    )
    written = Message.objects.get(origin="edit")
    prompt = slot.task.about
    assert Judgment.objects.get().edit == written
    assert judgment.edit_id == written.pk
    assert (written.text, written.edits_id, written.labeler) == ("Better.", one, labeler)
    assert (written.parent, written.root_id) == (prompt, prompt.root_id or prompt.pk)
    assert (written.depth, written.role, written.revision) == (prompt.depth + 1, "assistant", None)
    low, high = sorted([one, two])
    outcome, before = ("first", True) if low == one else ("second", False)
    assert rows() == [
        (low, high, outcome, 2, before, "work"),
        (one, written.pk, "second", None, True, "work"),
    ]
    pair = Comparison.objects.get(second=written)
    assert (pair.first_generator_id, pair.second_generator_id) == (
        Message.objects.get(pk=one).revision.generator_id,  # type: ignore[union-attr]
        None,
    )
    assert pair.created_at == judgment.created_at == written.created_at


def test_an_edit_of_a_pair_that_was_bad_both_is_above_the_one_it_mends() -> None:
    labeler = make_labeler()
    fields = {"ratings": NOT_SPAM, "edit": {"response": "2", "text": "Good."}}
    judgment = judge(project(), labeler, tiers=None, not_rankable="both_bad", **fields)
    assert [(row[1], row[2]) for row in rows()] == [
        (max(judgment.order), "both_bad"),
        (judgment.edit_id, "second"),
    ]


def test_a_text_that_was_not_changed_is_no_edit() -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    same = {"response": "1", "text": f" {task.responses[0].text}\r\n"}
    answer = ranking("1", "2", ratings=NOT_SPAM, edit=same)
    judgment = submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    assert judgment.edit_id is None
    assert not Message.objects.filter(origin="edit").exists()


def test_a_correction_keeps_both_edits_and_one_of_them_stands() -> None:
    """The retired edit stays readable, for datasets that were frozen before the correction."""
    labeler = make_labeler()
    task = claimed(project(), labeler)
    for text in ("Better.", "Best."):
        edit = {"response": "1", "text": text}
        answer = ranking("1", "2", ratings=NOT_SPAM, edit=edit)
        submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    standing = Comparison.objects.filter(retired_at__isnull=True)
    edits = standing.filter(second__origin="edit")
    assert list(edits.values_list("second__text", flat=True)) == ["Best."]
    assert standing.count() == 2
    assert Message.objects.filter(origin="edit", deleted_at__isnull=True).count() == 2


def test_offsets_are_stored_of_the_original_where_the_text_was_masked() -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    first = (Slot.objects.get(uid=task.slot).order or [])[0]
    text = Message.objects.get(pk=first).text  # Response number N.
    hidden = [[0, 8], [9, 15]]
    Mask.objects.create(response_id=first, text=masked(text, hidden), spans=hidden)
    shown = masked(text, hidden)
    assert shown.startswith(f"{MASK} {MASK} ")
    number = len(MASK) * 2 + 2
    spans = [
        {"response": "1", "start": 0, "end": len(MASK), "label": "wrong"},
        {"response": "1", "start": 1, "end": 2, "label": "wrong"},
        {"response": "1", "start": number, "end": len(shown), "label": "wrong"},
    ]
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking("12", ratings=NOT_SPAM, spans=spans))
    marked = [text[span.start : span.end] for span in Span.objects.order_by("pk")]
    assert marked == ["Response", "Response", text[16:]]


def test_covered_words_are_not_written_into_an_edit() -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    first = (Slot.objects.get(uid=task.slot).order or [])[0]
    text = Message.objects.get(pk=first).text
    Mask.objects.create(response_id=first, text=masked(text, [[0, 8]]), spans=[[0, 8]])

    def answered(edit: str) -> Judgment:
        answer = ranking(
            "1", "2", ratings=NOT_SPAM, edit={"response": "1", "text": edit}, submit_key=edit[-9:]
        )
        return submit(slot_uid=task.slot, labeler=labeler, answer=answer)

    with pytest.raises(InvalidAnswer) as refused:
        answered(f"{MASK}: yes.")
    assert refused.value.attr == "edit.text"
    assert answered(masked(text, [[0, 8]])).edit_id is None
    assert answered("An answer: yes.").edit_id


def test_a_span_beyond_the_end_of_its_text_is_refused() -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    end = len(task.responses[0].text)

    def answered(until: int) -> Judgment:
        span = {"response": "1", "start": end - 1, "end": until, "label": "wrong"}
        answer = ranking("12", ratings=NOT_SPAM, spans=[span])
        return submit(slot_uid=task.slot, labeler=labeler, answer=answer)

    with pytest.raises(InvalidAnswer) as refused:
        answered(end + 1)
    assert refused.value.attr == "spans.0.end"
    assert not Judgment.objects.exists()
    assert answered(end).spans.get().end == end


@pytest.mark.parametrize("use", ["practice", "qualification", "gold"])
def test_tests_of_labelers_write_no_comparisons(use: str) -> None:
    work = project(overlap=2)
    slot = Slot.objects.order_by("pk")[0]
    GoldItem.objects.create(project=work, task=slot.task, use=use, tiers=None)
    edit = {"response": "1", "text": "Better."}
    ratings = {place: {"labels": {"spam": False, "hate_speech": True}} for place in "12"}
    for labeler in (make_labeler(), make_labeler(user=None, kind="simulated")):
        judgment = judge(work, labeler, "1", "2", ratings=ratings, edit=edit)
        assert judgment.purpose == use
    assert rebuild_comparisons(project=work) == 0
    assert not Comparison.objects.exists()
    assert ContentWarning.objects.exists() == (use == "gold")


def test_synthetic_people_warn_nobody() -> None:
    ratings = {place: {"labels": {"spam": False, "hate_speech": True}} for place in "12"}
    judge(project(), make_labeler(user=None, kind="simulated"), "1", "2", ratings=ratings)
    assert Comparison.objects.count() == 1
    assert not ContentWarning.objects.exists()


def test_the_same_warning_twice_is_one() -> None:
    work = project(overlap=2)
    ratings = {place: {"labels": {"spam": False, "hate_speech": True}} for place in "12"}
    for _ in range(2):
        judge(work, make_labeler(), "1", "2", ratings=ratings)
    assert ContentWarning.objects.count() == 2


@pytest.mark.parametrize(("edited", "statements"), [(False, 4), (True, 5)])
@pytest.mark.django_db(transaction=True)
def test_whatever_is_answered_is_read_at_once_and_written_at_once(
    edited: bool, statements: int, django_assert_num_queries: Any
) -> None:
    labeler = make_labeler()
    task = claimed(project(), labeler)
    answer = ranking(
        "1",
        "2",
        ratings={place: {"labels": {"spam": False, "hate_speech": True}} for place in "12"},
        spans=[{"response": "1", "start": 0, "end": 8, "label": "wrong"}],
        edit={"response": "1", "text": "Better."} if edited else None,
    )
    with django_assert_num_queries(statements):  # BEGIN and COMMIT are counted
        submit(slot_uid=task.slot, labeler=labeler, answer=answer)


def test_rebuilding_brings_back_the_comparison_of_an_edit() -> None:
    work = project(overlap=2)
    edit = {"response": "1", "text": "Better."}
    for tiers in (("1", "2"), ("12",)):
        judge(work, make_labeler(), *tiers, ratings=NOT_SPAM, edit=edit)
    before = rows()
    assert len(before) == 4
    assert rebuild_comparisons(project=work) == 0
    Comparison.objects.filter(second__origin="edit").update(outcome="first")
    assert rebuild_comparisons(project=work) == 2
    assert rows() == before
    Comparison.objects.all().delete()
    assert rebuild_comparisons(project=work) == 4
    assert sorted(map(repr, rows())) == sorted(map(repr, before))
