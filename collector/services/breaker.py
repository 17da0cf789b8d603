"""Pausing a generator by hand, and letting it go on."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from collector.generation import limits
from collector.generation.breaker import announce
from collector.generation.queue import hint_on_commit
from collector.models import Generation, Generator, Run


def pause_generator(*, generator: Generator, reason: str = "") -> Generator:
    """Ask this generator nothing more until `unpause_generator`; what runs owe stays owed.

    Requests under way are paid for, and kept. A pause that would end by itself does not any more.
    """
    Generator.objects.filter(pk=generator.pk).update(
        paused_at=Coalesce("paused_at", Now()),
        paused_until=None,
        pause_reason=reason[:500] or _("Paused by hand."),
    )
    announce(generator.pk)
    generator.refresh_from_db()
    return generator


def unpause_generator(*, generator: Generator) -> Generator:
    """Let the generator be asked again, at once: failures are counted anew."""
    with transaction.atomic():
        Generator.objects.filter(pk=generator.pk).update(
            failures=0, paused_at=None, paused_until=None, pause_reason=""
        )
        owed = Generation.objects.filter(
            revision=OuterRef("pk"),
            status=Generation.Status.PENDING,
            run__status__in=Run.ACTIVE,
        )
        for revision in generator.revisions.filter(Exists(owed)):
            hint_on_commit(revision)
    limits.forget(generator.pk)
    announce(generator.pk)
    generator.refresh_from_db()
    return generator
