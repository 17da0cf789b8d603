"""Generators and their revisions."""

from django.db import transaction

from collector.models import Generator, GeneratorRevision


@transaction.atomic
def recorded_revision(*, name: str) -> GeneratorRevision:
    """The one revision of a recorded generator (an author named in a file), made if it is new.

    A generator of another provider that has the name keeps it: its newest revision is returned,
    since the file says that this model wrote the text.
    """
    generator, _ = Generator.objects.get_or_create(name=name)
    Generator.objects.select_for_update().get(pk=generator.pk)
    revision = generator.revisions.order_by("-number").first()
    if revision is None:
        revision = GeneratorRevision.objects.create(
            generator=generator, number=1, provider=Generator.Provider.RECORDED, model=name
        )
    return revision
