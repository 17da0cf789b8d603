"""Who did what: `GET projects/{slug}/audit/`, and `GET audit/` for the whole site."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ProjectView, StrictSerializer, View
from audit.models import Event
from audit.reading import Described, Wish, described, events_of
from audit.tracked import BY_KIND
from collector.models import Project


class AuditFilter(StrictSerializer):
    kind = serializers.ChoiceField(
        list(BY_KIND), required=False, help_text="What it is about, as in the answers."
    )
    action = serializers.ChoiceField(Event.Action.values, required=False)
    via = serializers.ChoiceField(Event.Via.values, required=False)
    person = serializers.CharField(
        max_length=254,
        required=False,
        help_text="Part of the e-mail address of who did it, or of whom it is about.",
    )
    name = serializers.CharField(
        source="label",
        max_length=300,
        required=False,
        help_text="Part of the name of what it is about.",
    )
    since = serializers.DateTimeField(required=False, help_text="This moment or later.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")


class AuditEventOut(serializers.Serializer[Described]):
    """Ids and addresses are those of today; what is gone is null."""

    id = serializers.IntegerField(source="event.pk", help_text="Ascending with time.")
    at = serializers.DateTimeField(source="event.at")
    actor = serializers.SerializerMethodField(
        help_text="The e-mail address of who did it; null where nobody was signed in."
    )
    actor_erased = serializers.BooleanField(
        source="event.actor_erased", help_text="Whoever it was has deleted their account."
    )
    token = serializers.CharField(
        source="event.token",
        help_text="What the actor calls the API token it came by; empty where it has no name.",
    )
    handed_to = serializers.SerializerMethodField(
        help_text="Whom the actor's token was handed to, and who acted by it; null for their own."
    )
    address = serializers.CharField(
        source="event.address", allow_null=True, help_text="The IP address it came from."
    )
    via = serializers.CharField(
        source="event.via", help_text=f"One of {', '.join(Event.Via.values)}."
    )
    place = serializers.CharField(
        source="event.place", help_text="The address as routed, the command or the task."
    )
    action = serializers.CharField(source="event.action", help_text="made, changed or deleted.")
    kind = serializers.CharField(source="event.kind", help_text="What it is about.")
    object = serializers.IntegerField(source="event.object_id", allow_null=True)
    name = serializers.CharField(source="event.label", help_text="Its name at that time.")
    person = serializers.SerializerMethodField(
        help_text="The e-mail address of the account it is about, if there is one."
    )
    project = serializers.SerializerMethodField(help_text="Null for what is of no project.")
    changes = serializers.DictField(
        source="event.changes",
        child=serializers.ListField(
            child=serializers.JSONField(),
            help_text="Old and new value; empty where values are kept nowhere.",
        ),
    )

    def get_actor(self, row: Described) -> str | None:
        return None if row.event.actor_erased else row.actor or None

    def get_handed_to(self, row: Described) -> str | None:
        return row.holder or None

    def get_person(self, row: Described) -> str | None:
        return row.person or None

    def get_project(self, row: Described) -> str | None:
        return row.project or None


class Administrators(BasePermission):
    """Superusers."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.is_authenticated and request.user.is_superuser


class _Audit(View):
    pagination_class = KeysetPagination
    filters = AuditFilter

    def listed(self, project: Project | None) -> Response:
        paginator = KeysetPagination()
        events = events_of(project=project, wish=Wish(**self.filtered))
        found = paginator.paginate_queryset(events, self.request)
        rows: Any = described(found)
        writer = AuditEventOut(rows, many=True)
        return paginator.get_paginated_response(writer.data)


class ProjectAudit(_Audit, ProjectView):
    roles = {"GET": RESEARCHERS}

    @extend_schema(
        operation_id="project_audit",
        parameters=[AuditFilter],
        responses=AuditEventOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """What was decided in the project, by whom and from where, oldest first."""
        return self.listed(self.project)


class SiteAudit(_Audit):
    permission_classes = [Administrators]

    @extend_schema(
        operation_id="site_audit", parameters=[AuditFilter], responses=AuditEventOut(many=True)
    )
    def get(self, request: Request) -> Response:
        """The same for all projects, with accounts, tokens and generators, for administrators."""
        return self.listed(None)
