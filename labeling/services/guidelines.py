"""Who has read which version of a project's guidelines."""

from accounts.models import Labeler
from collector.models import Project
from common.errors import NotFound
from labeling.models import GuidelineReading, GuidelineVersion


def mark_read(*, project: Project, labeler: Labeler, number: int) -> GuidelineReading:
    """Record that the labeler has read a version; twice is once. Raises NotFound."""
    version = project.guidelines.filter(number=number).first()
    if version is None:
        raise NotFound("There is no such version of the guidelines.")
    return GuidelineReading.objects.get_or_create(labeler=labeler, version=version)[0]


def last_read(*, project: Project, labeler: Labeler) -> GuidelineVersion | None:
    """The newest version that the labeler has read."""
    read = project.guidelines.filter(readings__labeler=labeler)
    return read.order_by("-number").first()
