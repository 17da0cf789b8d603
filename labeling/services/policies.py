"""The rules of a project's tasks and the guidelines of its labelers, both in numbered versions."""

from collections.abc import Iterable

from django.db import transaction

from collector.models import Project
from common.errors import InvalidInput
from labeling.models import GuidelineVersion, PolicyVersion
from labeling.models.policies import Mode

RANGES = {
    "responses": (2, 9),
    "overlap": (1, 50),
    "lease_minutes": (1, 24 * 60),
    "edit_window_minutes": (0, 24 * 60),
}
GUIDELINES_MAX = 100_000


def set_policy(
    *,
    project: Project,
    modes: Iterable[str] = (Mode.RANK.value,),
    responses: int = 4,
    overlap: int = 1,
    lease_minutes: int = 30,
    edit_window_minutes: int = 10,
) -> PolicyVersion:
    """Put a policy in force: a new version, or the newest one if it says the same already.

    `responses` is K, the responses a task compares; `overlap` the judgments a task is owed.
    Raises InvalidInput whose `attr` is the argument at fault.
    """
    numbers = {
        "responses": responses,
        "overlap": overlap,
        "lease_minutes": lease_minutes,
        "edit_window_minutes": edit_window_minutes,
    }
    for name, number in numbers.items():
        _check_range(name, number)
    settings = {"modes": _checked_modes(modes), **numbers}
    with transaction.atomic():
        newest = _lock_newest_policy(project)
        if newest and all(getattr(newest, name) == value for name, value in settings.items()):
            return newest
        return PolicyVersion.objects.create(
            project=project, number=newest.number + 1 if newest else 1, **settings
        )


def current_policy(*, project: Project) -> PolicyVersion:
    """The policy in force; a project that has none gets the default."""
    newest = project.policies.order_by("-number").first()
    if newest:
        return newest
    with transaction.atomic():
        return _lock_newest_policy(project) or set_policy(project=project)


def set_guidelines(*, project: Project, text: str) -> GuidelineVersion:
    """Put guidelines (Markdown) in force: a new version, or the newest if the text is the same."""
    text = text.strip()
    if not text or len(text) > GUIDELINES_MAX or "\0" in text:
        raise InvalidInput(
            f"Guidelines are 1 to {GUIDELINES_MAX} characters of text.", attr="guidelines"
        )
    with transaction.atomic():
        _lock(project)
        newest = current_guidelines(project=project)
        if newest and newest.text == text:
            return newest
        return GuidelineVersion.objects.create(
            project=project, number=newest.number + 1 if newest else 1, text=text
        )


def current_guidelines(*, project: Project) -> GuidelineVersion | None:
    """The guidelines in force, if the project has any."""
    return project.guidelines.order_by("-number").first()


def _check_range(name: str, number: int) -> None:
    low, high = RANGES[name]
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise InvalidInput(f"{name} must be a whole number from {low} to {high}.", attr=name)


def _checked_modes(modes: Iterable[str]) -> list[str]:
    """The modes in the order of `Mode`, each once."""
    asked = set(modes)
    unknown = sorted(str(mode) for mode in asked - set(Mode.values))
    if unknown:
        raise InvalidInput(
            f"No such mode: {', '.join(unknown)}. There are {', '.join(Mode.values)}.", attr="modes"
        )
    if Mode.RANK not in asked:
        raise InvalidInput("A compare task always has the mode rank.", attr="modes")
    return [mode for mode in Mode.values if mode in asked]


def _lock(project: Project) -> None:
    """Versions of a project are numbered by one transaction at a time."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _lock_newest_policy(project: Project) -> PolicyVersion | None:
    _lock(project)
    return project.policies.order_by("-number").first()
