"""Practice for the demo: prompts of the bundled sample whose best answer can be checked."""

from dataclasses import dataclass

from collector.models import Message, Project
from labeling.models import GoldItem
from labeling.services.gold import create_gold_item


@dataclass(frozen=True, slots=True)
class Lesson:
    """A prompt by its beginning, and the recorded models from best to worst, ties together."""

    prompt: str
    order: tuple[tuple[str, ...], ...]
    explanation: str


LESSONS = (
    Lesson(
        "A shop raises a price by 20%",
        (("heron-small",), ("heron-large",), ("basalt-chat",), ("quill-mini",)),
        "100 → 120 → 96: the price ends **4% lower**.\n\n"
        "- The best answer is right, shows the working and says *why* it is less.\n"
        "- The next is right too, but explains nothing.\n"
        "- Then a slip: 120 × 0.8 is 96, not 98. The idea is right, the result is not.\n"
        "- Last, the one that is wrong from the start, however sure it sounds.",
    ),
    Lesson(
        "In which year did Einstein win the Nobel Prize",
        (("heron-large",), ("quill-mini",), ("basalt-chat",), ("heron-small",)),
        "The question is wrong: the prize was for the photoelectric effect.\n\n"
        "- Two answers say so; the one that also says *when* and *why* helps more.\n"
        "- The third goes along with the mistake, but the year and the rest are right.\n"
        "- The last invents two prizes. **A wrong answer in good prose is a wrong answer.**",
    ),
    Lesson(
        "Normalise these to ISO dates",
        (("basalt-chat",), ("heron-large",), ("heron-small",), ("quill-mini",)),
        "Day first, one a line, and INVALID where a date does not exist.\n\n"
        "- The best answer is exactly that.\n"
        "- The next has every date right but adds numbers and remarks that nobody asked for.\n"
        "- Then one date is read month first.\n"
        "- Last, the one that makes up dates *in place of* INVALID.",
    ),
)


def make_practice(*, project: Project) -> None:
    """Make the practice items that are missing. What was answered as work already stays work."""
    if GoldItem.objects.filter(project=project).exists():
        return
    for lesson in LESSONS:
        responses = dict(
            Message.objects.candidates()
            .filter(project=project, parent__text__startswith=lesson.prompt)
            .values_list("revision__generator__name", "uid")
        )
        tiers = [[responses[model] for model in tied] for tied in lesson.order]
        create_gold_item(
            project=project,
            use=GoldItem.Use.PRACTICE,
            tiers=tiers,
            explanation=lesson.explanation,
        )
