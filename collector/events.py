"""What a project tells of: the events of webhooks and mails, and whom they are for."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.models import Membership

RESEARCHER = Membership.Role.RESEARCHER
REVIEWER = Membership.Role.REVIEWER
TRAINER = Membership.Role.TRAINER


@dataclass(frozen=True, slots=True)
class Event:
    """`words` name it where people choose what they want to hear of; `roles` get mails of it."""

    words: Promise
    roles: frozenset[str]


def _event(words: Promise, *roles: str) -> Event:
    return Event(words, frozenset(roles))


EVENTS: Mapping[str, Event] = {
    "run.finished": _event(_("A run has finished or failed"), RESEARCHER),
    "run.paused": _event(_("A run was paused because a budget is spent"), RESEARCHER),
    "budget.near": _event(_("Four fifths of a budget are spent"), RESEARCHER),
    "generator.paused": _event(_("A model that runs wait for is paused"), RESEARCHER),
    "agreement.fell": _event(_("People agree less than a week ago"), RESEARCHER),
    "dataset_version.ready": _event(_("A dataset is ready"), RESEARCHER, TRAINER),
    "dataset_version.failed": _event(_("A dataset could not be built"), RESEARCHER),
    "dataset_version.withdrawn": _event(_("A dataset was withdrawn"), RESEARCHER, TRAINER),
    "appeal.waiting": _event(_("A labeler asks for a decision"), REVIEWER, RESEARCHER),
    "labeler.paused": _event(_("A labeler was paused"), REVIEWER, RESEARCHER),
    "adjudications.waiting": _event(_("Disagreements wait for an expert"), REVIEWER),
}
