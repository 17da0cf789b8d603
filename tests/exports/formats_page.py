"""The example that docs/formats.md shows: one small project, and ids as they read in the page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from collector.models import Message, Project
from labeling.models import GuidelineVersion, PolicyVersion, ResponseRating
from tests.exports.builders import judge
from tests.factories import make_project, make_prompt, make_response

_CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|labeler-[0-9a-f]{16}|20\d\d-\d\d-\d\dT[0-9:.]+\+00:00"
)
RATINGS = {"Blue.": 7, "Green.": 1, "Grey.": 5, "Red.": 2}


def example_project() -> Project:
    """A prompt with a better and a worse response, and one with four, all rated."""
    project = make_project("sky", languages=["en"])
    policy = PolicyVersion.objects.create(project=project, number=1, modes=["rank", "overall"])
    guidelines = GuidelineVersion.objects.create(project=project, number=1, text="Be fair.")
    asked = ("What colour is the sky?", ["Green.", "Blue."]), ("And before rain?", [*RATINGS])
    for question, shown in asked:
        prompt = make_prompt(project, question, language="en")
        responses = [
            make_response(prompt, text, f"model-{place}") for place, text in enumerate(shown)
        ]
        best = sorted(responses, key=lambda response: -RATINGS[response.text])
        judgment = judge(
            prompt,
            [[response] for response in best],
            order=responses,
            strength=3,
            rationale="Look up.",
            seconds=8.5,
            policy_version=policy,
            guideline_version=guidelines,
        )
        _rate(judgment, responses)
    return project


def _rate(judgment: Any, responses: list[Message]) -> None:
    for response in responses:
        ResponseRating.objects.create(
            judgment=judgment, response=response, overall=RATINGS[response.text]
        )


def comparable(row: Any) -> Any:
    """A row in which ids, pseudonyms and times are told by the order they come in."""
    seen: dict[str, str] = {}
    text = orjson.dumps(row).decode()
    return orjson.loads(
        _CHANGING.sub(lambda found: seen.setdefault(found[0], f"({len(seen) + 1})"), text)
    )


def readable(row: Any) -> Any:
    """The row with ids and times as short as a page wants them, and as `comparable` reads them."""
    seen: dict[str, str] = {}

    def short(found: re.Match[str]) -> str:
        number = len(seen) + 1
        if found[0].startswith("labeler-"):
            made = f"labeler-{number:016x}"
        elif "T" in found[0]:
            made = (datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
        else:
            made = f"019ca9e1-0000-7000-8000-{number:012x}"
        return seen.setdefault(found[0], made)

    return orjson.loads(_CHANGING.sub(short, orjson.dumps(row).decode()))
