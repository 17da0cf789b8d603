"""Flags of messages: `GET /projects/{slug}/flags/` and below `/messages/{uid}/flags/`."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Membership, Message, MessageFlag
from collector.selectors import flags_of
from collector.services.flags import dismiss_flags, flag_message, flag_of, restore_flags

CARERS = RESEARCHERS | {Membership.Role.REVIEWER}
EXCERPT = 300


class FlagFilter(StrictSerializer):
    kind = serializers.ChoiceField(MessageFlag.Kind.choices, required=False)
    dismissed = serializers.BooleanField(required=False, allow_null=True, default=None)


class FlagIn(StrictSerializer):
    kind = serializers.CharField(max_length=16)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class FlagOut(serializers.ModelSerializer[MessageFlag]):
    message = serializers.UUIDField(source="message.uid")
    role = serializers.CharField(source="message.role")
    text = serializers.SerializerMethodField(help_text="How the message begins.")
    detail = serializers.DictField(help_text="What was found, and where.")

    class Meta:
        model = MessageFlag
        fields = ["message", "role", "text", "kind", "detail", "created_at", "dismissed_at"]

    @extend_schema_field(OpenApiTypes.STR)
    def get_text(self, flag: MessageFlag) -> str:
        return flag.message.text[:EXCERPT]


class Flags(ProjectView):
    roles = {"GET": CARERS}
    pagination_class = KeysetPagination
    filters = FlagFilter

    @extend_schema(operation_id="flags", parameters=[FlagFilter], responses=FlagOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """What was found in prompts and responses, and what was dismissed."""
        return self.page(flags_of(project=self.project, **self.filtered), FlagOut)


class _OfMessage(ObjectView):
    roles = {"POST": CARERS}
    objects = Message.objects.filter(deleted_at__isnull=True)
    what = "message"
    found: Message


class MessageFlags(_OfMessage):
    @extend_schema(operation_id="flag_message", request=FlagIn, responses={201: FlagOut})
    def post(self, request: Request, uid: UUID) -> Response:
        """Flag a message by hand; a flag that was dismissed stands again."""
        flag = flag_message(message=self.found, **self.read(FlagIn))
        return Response(FlagOut(flag).data, status=201)


class DismissFlag(_OfMessage):
    @extend_schema(operation_id="dismiss_flag", request=None, responses=FlagOut)
    def post(self, request: Request, uid: UUID, kind: str) -> Response:
        """Say that the flag is wrong: the message may come into new tasks."""
        flag = flag_of(message=self.found, kind=kind)
        dismiss_flags(flags=[flag.pk], user=self.user)
        flag.refresh_from_db()
        return Response(FlagOut(flag).data)


class RestoreFlag(_OfMessage):
    @extend_schema(operation_id="restore_flag", request=None, responses=FlagOut)
    def post(self, request: Request, uid: UUID, kind: str) -> Response:
        """Let a dismissed flag stand again."""
        flag = flag_of(message=self.found, kind=kind)
        restore_flags(flags=[flag.pk])
        flag.refresh_from_db()
        return Response(FlagOut(flag).data)
