"""Reads across the collector's models: what a user may do where, and conversations."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from collector.models import (
    Generator,
    GeneratorRevision,
    ImportDraft,
    ImportJob,
    Membership,
    Message,
    MessageFlag,
    Project,
)
from common.errors import NotFound
from common.prepared import Prepared

EVERY_ROLE = frozenset(Membership.Role.values)


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do in one project, read in one query."""

    project: Project
    roles: frozenset[str]
    consented: bool


# Read with every request about a project, so written as SQL: the ORM takes longer to build this
# query than the database to run it.
_FIELDS = [field.attname for field in Project._meta.concrete_fields]
_ACCESS = f"""
    SELECT {", ".join(f'p."{field.column}"' for field in Project._meta.concrete_fields)},
        ARRAY(SELECT m.role::text FROM collector_membership m
              WHERE m.project_id = p.id AND m.user_id = %(user)s),
        EXISTS(SELECT FROM accounts_consent c JOIN accounts_labeler l ON l.id = c.labeler_id
               WHERE l.user_id = %(user)s AND c.version = %(version)s)
    FROM collector_project p
"""  # noqa: S608 - names of our own columns
_TYPES = {"user": "bigint", "version": "text"}
_BY_SLUG = Prepared(
    "concord_access_by_slug", _TYPES | {"key": "text"}, _ACCESS + "WHERE p.slug = %(key)s"
)
_BY_ID = Prepared(
    "concord_access_by_id", _TYPES | {"key": "bigint"}, _ACCESS + "WHERE p.id = %(key)s"
)


def access_to(*, user: User, slug: str) -> Access:
    """The project of that slug with the user's roles in it; superusers hold every role.

    Raises NotFound where there is none, and the same where the user is no member.
    """
    return _access(user, _BY_SLUG, slug)


def access_to_id(*, user: User, project_id: int) -> Access:
    """As `access_to`, by primary key."""
    return _access(user, _BY_ID, project_id)


def _access(user: User, statement: Prepared, key: str | int) -> Access:
    params: dict[str, str | int] = {"user": user.pk, "key": key}
    params["version"] = settings.CONSENT_VERSION
    with connection.cursor() as cursor:
        statement.execute(cursor, params)
        row = cursor.fetchone()
    if row:
        *columns, held, consented = row
        roles = EVERY_ROLE if user.is_superuser else frozenset(held)
        if roles:
            project = Project.from_db(DEFAULT_DB_ALIAS, _FIELDS, columns)
            return Access(project=project, roles=roles, consented=consented)
    raise NotFound("There is no such project.")


def visible_projects(*, user: User | AnonymousUser) -> QuerySet[Project]:
    """Projects the user may know of: their own, for a superuser all."""
    if not user.is_authenticated:
        return Project.objects.none()
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(pk__in=user.memberships.values("project"))


def is_researcher_somewhere(*, user: User) -> bool:
    """Whether the user may make projects and generators: superusers, and any researcher."""
    return user.is_superuser or user.memberships.filter(role=Membership.Role.RESEARCHER).exists()


def prompts_of(
    *, project: Project, language: str = "", source: str = "", min_responses: int = 0
) -> QuerySet[Message]:
    """The project's prompts with `response_count`, the responses that can be compared."""
    responses = (
        Message.objects.candidates()
        .filter(parent=OuterRef("pk"))
        .order_by()
        .values("parent")
        .annotate(number=Count("pk"))
        .values("number")
    )
    prompts = Message.objects.prompts().filter(project=project).select_related("source")
    if language:
        prompts = prompts.filter(language=language)
    if source:
        prompts = prompts.filter(source__name=source)
    counted = prompts.annotate(response_count=Coalesce(Subquery(responses), 0))
    return counted.filter(response_count__gte=min_responses) if min_responses else counted


def responses_to(*, message: Message) -> QuerySet[Message]:
    """The assistant's answers to a message, oldest first, with their authors."""
    return (
        Message.objects.filter(parent=message, role=Message.Role.ASSISTANT)
        .select_related("revision__generator", "labeler")
        .order_by("id")
    )


def flags_of(
    *, project: Project, kind: str = "", dismissed: bool | None = None
) -> QuerySet[MessageFlag]:
    """What was found in the project's messages; without `dismissed` both kinds of flags."""
    flags = MessageFlag.objects.filter(
        message__project=project, message__deleted_at__isnull=True
    ).select_related("message")
    if kind:
        flags = flags.filter(kind=kind)
    return flags if dismissed is None else flags.filter(dismissed_at__isnull=not dismissed)


def path_to(*, message: Message) -> list[Message]:
    """The messages from the root of a conversation to this one, both included."""
    return list(
        Message.objects.raw(
            """
            WITH RECURSIVE path AS (
                SELECT * FROM collector_message WHERE id = %s
                UNION ALL
                SELECT m.* FROM collector_message m JOIN path ON m.id = path.parent_id
            ) SELECT * FROM path ORDER BY depth
            """,
            [message.pk],
        )
    )


def newest_revisions() -> QuerySet[GeneratorRevision]:
    """The settings in force of each generator, which are those that a run asks with.

    That is the newest revision that asks a model. A recorded one, which an import makes for an
    author of that name, is in force only where there is no other, whatever its number.
    """
    recorded = ExpressionWrapper(Q(provider=Generator.Provider.RECORDED), BooleanField())
    return (
        GeneratorRevision.objects.select_related("generator")
        .order_by("generator_id", recorded.asc(), "-number")
        .distinct("generator_id")
    )


def imports_of(*, project: Project, before: int | None = None) -> QuerySet[ImportJob]:
    """The imports of a project with how they are taken back, the newest first; older than one."""
    found = ImportJob.objects.filter(source__project=project)
    if before is not None:
        found = found.filter(pk__lt=before)
    return found.select_related("source__project", "undo", "created_by").order_by("-pk")


def drafts_of(*, project: Project, started: bool = False) -> QuerySet[ImportDraft]:
    """Imports of a project that were not started yet, or all that were ever drafted."""
    found = ImportDraft.objects.filter(project=project).select_related("project", "job")
    return (found if started else found.filter(job__isnull=True)).order_by("-pk")


def revisions_of(*, generator: Generator, most: int = 50) -> list[GeneratorRevision]:
    """The generator's revisions, the newest first."""
    return list(generator.revisions.order_by("-number")[:most])
