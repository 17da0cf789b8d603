"""Templates of prompts: stored under numbers, never changed, and tried before they are used."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from collector.models import Project, PromptTemplate
from collector.templating.binding import Making, Preview
from collector.templating.shots import MAX_SHOTS
from collector.templating.templates import BadTemplate, PromptMaker
from common.errors import Conflict, InvalidInput

PREVIEWED = 10


def save_template(
    *,
    project: Project,
    name: str,
    text: str,
    shots: int = 0,
    draw: str = PromptTemplate.Draw.SEED,
    seed: int = 0,
    user: User | None = None,
) -> PromptTemplate:
    """Store a template as the next number of its name, or return the newest if it is the same.

    Raises InvalidInput for one that cannot be used, Conflict if the project is archived.
    """
    making_of(text=text, shots=shots, draw=draw, seed=seed)
    if not name.strip() or len(name) > 100 or "\0" in name:
        raise InvalidInput(_("A name has 1 to 100 characters."), attr="name")
    if project.archived_at is not None:
        raise Conflict(_("The project is archived."))
    said = {"text": text, "shots": shots, "draw": draw, "seed": seed}
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        newest = project.templates.filter(name=name).order_by("-number").first()
        if newest and all(getattr(newest, field) == value for field, value in said.items()):
            return newest
        number = newest.number + 1 if newest else 1
        return project.templates.create(name=name, number=number, created_by=user, **said)


def find_template(*, project: Project, name: str) -> PromptTemplate:
    """The newest template of that name. Raises InvalidInput at `template`."""
    found = project.templates.filter(name=name).order_by("-number").first()
    if found is None:
        raise InvalidInput(_("There is no template “%(name)s”.") % {"name": name}, attr="template")
    return found


def preview_template(*, rows: list[dict[str, Any] | str], **template: Any) -> list[Preview]:
    """What ten rows come to, with examples out of all that are given. As `making_of`."""
    return making_of(**template).preview(rows, most=PREVIEWED)


def making_of(
    *, text: str, shots: int = 0, draw: str = PromptTemplate.Draw.SEED, seed: int = 0
) -> Making:
    """A template that is not stored, ready to be filled in. Raises InvalidInput."""
    if draw not in PromptTemplate.Draw.values:
        raise InvalidInput(
            _("Examples are drawn by one of: %s.") % ", ".join(PromptTemplate.Draw.values),
            attr="draw",
        )
    for name, value, most in (("shots", shots, MAX_SHOTS), ("seed", seed, 2**31 - 1)):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise InvalidInput(
                _("%(name)s must be a whole number from 0 to %(most)d.")
                % {"name": name, "most": most},
                attr=name,
            )
    try:
        maker = PromptMaker(text, seed=seed)
    except BadTemplate as error:
        raise InvalidInput(str(error), attr="text") from error
    if shots and not maker.has_target:
        raise InvalidInput(
            _("Examples need answers: the template has no bars ||| with a target after them."),
            attr="text",
        )
    nearest = draw == PromptTemplate.Draw.NEAREST
    return Making(maker=maker, shots=shots, nearest=nearest, seed=seed)
