"""A project that asks what a test wants to be asked, and what of it is in the data."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, expect

from accounts.models import User
from collector.models import Message, Project
from labeling.models import Judgment, PolicyVersion, Slot
from labeling.services.building import build_tasks
from tests import factories


def make_asking(
    ana: User,
    *modes: str,
    texts: Sequence[str] = ("Tea first.", "Milk first."),
    span_labels: Sequence[str] = (),
    prompts: int = 2,
) -> Project:
    """A project of tasks that show these texts, in an order of their own, and ask these modes."""
    project = factories.make_project("asks", name="What we ask")
    factories.make_member(project, "labeler", ana)
    PolicyVersion.objects.create(
        project=project,
        number=1,
        modes=list(modes),
        responses=len(texts),
        span_labels=list(span_labels),
    )
    for _ in range(prompts):
        prompt = factories.make_prompt(project)
        for index, text in enumerate(texts):
            factories.make_response(prompt, text=text, revision=f"model-{index}")
    build_tasks(project=project)
    return project


def open_desk(page: Page) -> Slot:
    """The compare page with its scripts at work, and the slot on it."""
    page.goto("/projects/asks/label/")
    page.locator(".question.current").first.wait_for()
    return Slot.objects.get(uid=page.locator("#desk").get_attribute("data-slot") or "")


def answered(page: Page, slot: Slot) -> Judgment:
    """The judgment of that slot, once the next task is there and the answer has arrived."""
    expect(page.locator("#desk")).not_to_have_attribute("data-slot", str(slot.uid))
    expect(page.locator('#notices[data-unsent]:not([data-unsent="0"])')).to_have_count(0)
    return Judgment.objects.get(slot=slot, retired_at__isnull=True)


def by_place(judgment: Judgment) -> list[list[int]] | None:
    """Its tiers as places."""
    if judgment.tiers is None:
        return None
    return [sorted(judgment.order.index(pk) + 1 for pk in tier) for tier in judgment.tiers]


def ratings_by_place(judgment: Judgment) -> dict[int, dict[str, Any]]:
    """What was said of each response; what was not answered is not there."""
    return {
        judgment.order.index(rating.response_id) + 1: {
            name: value
            for name in ("overall", "attributes", "flags", "labels")
            if (value := getattr(rating, name)) not in (None, {})
        }
        for rating in judgment.ratings.all()
    }


def place_of(judgment_or_slot: Judgment | Slot, text: str) -> int:
    """At which place that text was shown."""
    order = judgment_or_slot.order or []
    shown = dict(Message.objects.filter(pk__in=order).values_list("pk", "text"))
    return [shown[pk] for pk in order].index(text) + 1
