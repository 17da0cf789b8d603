"""A project that is ready to be filled: itself, its rules and its guidelines, all or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from collector.models import Project
from collector.services.projects import create_project
from common.errors import InvalidInput
from labeling.services.policies import set_guidelines, set_policy


@transaction.atomic
def found_project(
    *,
    owner: User,
    slug: str,
    name: str,
    description: str = "",
    licence: str = "",
    languages: Sequence[str] = (),
    policy: Mapping[str, Any] | None = None,
    guidelines: str = "",
) -> Project:
    """A new project with a policy in force, and with guidelines where a text is given.

    `policy` are settings of `checked_settings`; what is wrong with one is told as `policy.NAME`.
    Raises InvalidInput and Conflict as the services do that it calls, and then nothing was made.
    """
    project = create_project(
        slug=slug,
        name=name,
        description=description,
        licence=licence,
        languages=languages,
        owner=owner,
    )
    try:
        set_policy(project=project, **(policy or {}))
    except InvalidInput as error:
        raise InvalidInput(error.detail, attr=f"policy.{error.attr}") from error
    if guidelines.strip():
        set_guidelines(project=project, text=guidelines)
    return project
