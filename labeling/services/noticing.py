"""Telling of what concerns people: appeals, pauses, agreement that falls, disagreements that wait.

Labelers are told of by pseudonym, as everywhere.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Labeler
from collector.models import Notification, Project
from collector.services.noticing import Fact, page_of, tell_of_new
from collector.services.notifications import notify
from labeling.figures.falling import fall
from labeling.figures.snapshots import history
from labeling.models import Adjudication, AgreementSnapshot, Letter, StandingChange

FALL_KEPT = timedelta(days=7)
"""A fall is told of once in so much time, however long it lasts."""
WAITING_KEPT = timedelta(days=1)
COUNTED = 1_000
_MOMENTS = 60
_FELL, _WAIT = "agreement.fell", "adjudications.waiting"


def tell_of_appeal(letter: Letter) -> None:
    """That somebody asks the reviewers for a decision."""
    project = letter.project
    notify(
        project_id=project.pk,
        event="appeal.waiting",
        key=str(letter.uid),
        data={"letter": str(letter.uid), "labeler": _told(letter.labeler)},
        address=page_of("inbox_thread", project, letter.labeler.uid),
    )


def tell_of_pause(change: StandingChange) -> None:
    """That a labeler was paused; whoever did it knows."""
    standing = change.standing
    notify(
        project_id=standing.project_id,
        event="labeler.paused",
        key=str(change.uid),
        data={
            "labeler": _told(standing.labeler),
            "reason": change.reason,
            "automatic": change.decided_by_id is None,
        },
        address=page_of("person", standing.project, standing.labeler.uid),
        by=change.decided_by,
    )


def notice() -> int:
    """Tell of agreement and open disagreements what nobody was told of lately; how many things."""
    return tell_of_new(_FELL, _falls()) + tell_of_new(_WAIT, _waiting())


def _falls() -> Iterator[Fact]:
    """Of projects with figures written down lately; others have no new votes."""
    lately = AgreementSnapshot.objects.filter(
        project=OuterRef("pk"), created_at__gt=Now() - WAITING_KEPT
    )
    for project in _untold(_FELL, FALL_KEPT).filter(Exists(lately)):
        moments = history(kind=AgreementSnapshot, project=project, most=_MOMENTS)
        raw, as_of = (moments[-1]["raw"], moments[-1]["as_of"]) if moments else (None, "")
        if fell := fall(now=timezone.now(), raw=raw, trend=moments):
            data = {"before": fell[0], "now": fell[1], "as_of": as_of}
            yield Fact(project, as_of, page_of("quality", project), partial(dict[str, Any], data))


def _waiting() -> Iterator[Fact]:
    """Told of again a day later if other ones were opened since."""
    opened = Adjudication.objects.filter(
        project=OuterRef("pk"), state=Adjudication.State.OPEN
    ).order_by("-pk")
    projects = _untold(_WAIT, WAITING_KEPT).filter(Exists(opened))
    for project in projects.annotate(newest=opened.values("uid")[:1]):
        page = page_of("adjudications", project)
        yield Fact(project, str(project.newest), page, partial(_open_ones, project))


def _open_ones(project: Project) -> dict[str, Any]:
    open_ones = project.adjudications.filter(state=Adjudication.State.OPEN)[:COUNTED]
    return {"count": open_ones.count()}


def _untold(event: str, kept: timedelta) -> QuerySet[Project]:
    told = Notification.objects.filter(
        project=OuterRef("pk"), event=event, created_at__gt=Now() - kept
    )
    return Project.objects.filter(~Exists(told), archived_at__isnull=True)


def _told(labeler: Labeler) -> dict[str, str]:
    return {"id": str(labeler.uid), "pseudonym": labeler.pseudonym}
