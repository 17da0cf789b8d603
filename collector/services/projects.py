"""Projects and their members. Memberships are the only source of roles besides superusers."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import AuthToken

from accounts.models import User
from accounts.services import get_or_invite, hand_token
from collector.governing import governs
from collector.models import Membership, Project
from collector.selectors import EVERY_ROLE
from common.errors import Conflict, InvalidInput


@transaction.atomic
def create_project(
    *,
    slug: str,
    name: str,
    description: str = "",
    licence: str = "",
    languages: Sequence[str] = (),
    owner: User | None = None,
) -> Project:
    """A new project; its owner becomes a researcher in it.

    Raises InvalidInput for a bad field and Conflict for a slug that is taken.
    """
    project = Project(
        slug=slug, name=name, description=description, licence=licence, languages=list(languages)
    )
    _save(project)
    if owner is not None:
        Membership.objects.create(project=project, user=owner, role=Membership.Role.RESEARCHER)
    return project


@transaction.atomic
def update_project(
    *,
    project: Project,
    name: str | None = None,
    description: str | None = None,
    licence: str | None = None,
    languages: Sequence[str] | None = None,
    archived: bool | None = None,
) -> Project:
    """Change what is given and leave the rest. The slug stays: addresses are built on it."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    changes = {"name": name, "description": description, "licence": licence}
    for field, value in changes.items():
        if value is not None:
            setattr(project, field, value)
    if languages is not None:
        project.languages = list(languages)
    if archived is not None:
        project.archived_at = (project.archived_at or timezone.now()) if archived else None
    _save(project)
    return project


def _save(project: Project) -> None:
    try:
        project.clean_fields()
        with transaction.atomic():
            project.save()
    except ValidationError as error:
        attr, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], attr=attr) from error
    except IntegrityError as error:
        raise Conflict(
            _("There is a project with the slug %s.") % project.slug, attr="slug"
        ) from error


@transaction.atomic
def add_member(
    *, project: Project, email: str, role: str, invited_by: User | None = None
) -> Membership:
    """Give a person a role; an address without an account gets one. Twice is once."""
    if role not in EVERY_ROLE:
        raise InvalidInput(_("%s is no role.") % role, attr="role")
    user = get_or_invite(email=email, invited_by=invited_by)
    return Membership.objects.get_or_create(project=project, user=user, role=role)[0]


def token_for_member(
    *, membership: Membership, issuer: User, made_with: AuthToken | None = None
) -> str | None:
    """A token for a member to hand on, where `issuer` may hold one, else None.

    That is: `issuer` is a superuser, or invited the account themselves and still governs it. The
    token by which the issuer asks, `made_with`, is not outlived.
    """
    member = membership.user
    invited = issuer.is_superuser or member.invited_by_id == issuer.pk
    if not invited or not governs(issuer=issuer, account=member):
        return None
    return hand_token(user=member, issuer=issuer, made_with=made_with)
