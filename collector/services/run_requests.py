"""What may be asked of a run, checked: its generators, samples and budget."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from collector.generation.costs import check_bounded
from collector.models import Generator, GeneratorRevision, Project
from collector.selectors import newest_revisions
from common.errors import InvalidInput

SAMPLES_AT_MOST = 100


def check_samples(samples: int) -> None:
    """InvalidInput unless it is a number of responses a run may ask for."""
    if not isinstance(samples, int) or not 1 <= samples <= SAMPLES_AT_MOST:
        raise InvalidInput(
            _("samples must be 1 to %(most)d.") % {"most": SAMPLES_AT_MOST}, attr="samples"
        )


def named_revisions(names: Sequence[str]) -> list[GeneratorRevision]:
    """The settings in force of the generators; InvalidInput names one that is not to be had."""
    if isinstance(names, str) or not names:
        raise InvalidInput(_("Name at least one generator."), attr="generators")
    newest = newest_revisions().filter(generator__name__in=names, generator__enabled=True)
    found = {revision.generator.name: revision for revision in newest}
    for name in names:
        if name not in found:
            known = Generator.objects.filter(enabled=True).order_by("name")[:20]
            listed = ", ".join(generator.name for generator in known) or "–"
            raise InvalidInput(
                _("There is no generator “%(name)s” that is enabled (there are: %(known)s).")
                % {"name": name, "known": listed},
                attr="generators",
            )
    return list(found.values())


def check_budgets_can_be_kept(
    *, budget: Decimal | None, project: Project, revisions: Iterable[GeneratorRevision]
) -> None:
    """InvalidInput if a budget bounds the run and nobody could tell what a response costs."""
    limits = (budget, project.budget, project.monthly_budget, settings.CONCORD_MONTHLY_BUDGET)
    if all(limit is None for limit in limits):
        return
    for revision in revisions:
        check_bounded(revision)
