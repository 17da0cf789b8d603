"""`/me/notifications/`: which mails the caller gets of which project."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.permissions import SignedIn
from api.views import StrictSerializer, View
from collector.events import EVENTS
from collector.selectors import access_to
from collector.services.notifications import set_switches, switches_of


class SwitchesOut(serializers.Serializer[Any]):
    project = serializers.CharField(source="project.slug")
    on = serializers.ListField(
        child=serializers.ChoiceField(list(EVENTS)), help_text="Events of which mails are sent."
    )
    off = serializers.ListField(child=serializers.ChoiceField(list(EVENTS)))


class SwitchesIn(StrictSerializer):
    project = serializers.SlugField(max_length=64)
    off = serializers.ListField(
        child=serializers.ChoiceField(list(EVENTS)),
        help_text="Of these no mails are sent; of the others they are.",
    )


class MyNotifications(View):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="notifications", responses=SwitchesOut(many=True))
    def get(self, request: Request) -> Response:
        """Which mails you get, by project; only projects of which your roles are told anything."""
        return Response(SwitchesOut(switches_of(user=self.user), many=True).data)

    @extend_schema(operation_id="set_notifications", request=SwitchesIn, responses=SwitchesOut)
    def patch(self, request: Request) -> Response:
        """Choose of which events of a project you get no mails."""
        wanted = self.read(SwitchesIn)
        project = access_to(user=self.user, slug=wanted["project"]).project
        switches = set_switches(user=self.user, project=project, off=wanted["off"])
        return Response(SwitchesOut(switches).data)
