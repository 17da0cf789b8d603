"""Prompts and messages: `GET /projects/{slug}/prompts/` and `GET /messages/{uid}/`."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import STAFF
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Message
from collector.selectors import path_to, prompts_of, responses_to


class PromptFilter(StrictSerializer):
    language = serializers.CharField(required=False, max_length=16)
    source = serializers.CharField(required=False, max_length=200)  # type: ignore[assignment]
    min_responses = serializers.IntegerField(required=False, min_value=0, max_value=1000)


class PromptOut(serializers.ModelSerializer[Message]):
    id = serializers.UUIDField(source="uid")
    source = serializers.CharField(  # type: ignore[assignment]
        source="source.name", default=None, allow_null=True
    )
    responses = serializers.IntegerField(source="response_count")

    class Meta:
        model = Message
        fields = ["id", "text", "language", "depth", "source", "responses", "created_at"]


class AuthorOut(serializers.Serializer[Any]):
    """A generator with its revision, or a labeler by pseudonym."""

    generator = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField(allow_null=True)
    labeler = serializers.CharField(allow_null=True)


class TurnOut(serializers.ModelSerializer[Message]):
    id = serializers.UUIDField(source="uid")
    content = serializers.CharField(source="text")

    class Meta:
        model = Message
        fields = ["id", "role", "content"]


class ResponseOut(serializers.ModelSerializer[Message]):
    id = serializers.UUIDField(source="uid")
    author = serializers.SerializerMethodField()
    masked = serializers.SerializerMethodField(
        help_text="Whether labelers see a name hidden in it, because it tells who wrote it."
    )

    class Meta:
        model = Message
        fields = [
            *("id", "role", "text", "language", "origin", "author", "masked"),
            *("created_at", "deleted_at"),
        ]

    def get_masked(self, message: Message) -> bool:
        return hasattr(message, "mask")

    @extend_schema_field(AuthorOut(allow_null=True))
    def get_author(self, message: Message) -> dict[str, Any] | None:
        revision, labeler = message.revision, message.labeler
        if revision is None and labeler is None:
            return None
        return {
            "generator": revision and revision.generator.name,
            "revision": revision and revision.number,
            "labeler": labeler and labeler.pseudonym,
        }


class MessageOut(ResponseOut):
    thread = serializers.SerializerMethodField()
    responses = serializers.SerializerMethodField()

    class Meta(ResponseOut.Meta):
        fields = [*ResponseOut.Meta.fields, "thread", "responses"]

    @extend_schema_field(TurnOut(many=True))
    def get_thread(self, message: Message) -> Any:
        return TurnOut(self.context["thread"], many=True).data

    @extend_schema_field(ResponseOut(many=True))
    def get_responses(self, message: Message) -> Any:
        return ResponseOut(self.context["responses"], many=True).data


class Prompts(ProjectView):
    roles = {"GET": STAFF}
    filters = PromptFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="prompts", parameters=[PromptFilter], responses=PromptOut(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's prompts, with the number of responses each has."""
        return self.page(prompts_of(project=self.project, **self.filtered), PromptOut)


class MessageDetail(ObjectView):
    roles = {"GET": STAFF}
    objects = Message.objects.select_related("revision__generator", "labeler", "mask")
    what = "message"
    found: Message

    @extend_schema(operation_id="message", responses=MessageOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """A message, the conversation up to it, and its responses.

        A labeler's better version of one is among them while the judgment it came with stands.
        """
        responses = responses_to(message=self.found).select_related("mask")
        read = {
            "thread": path_to(message=self.found),
            "responses": responses.filter(written_in__retired_at__isnull=True),
        }
        return Response(MessageOut(self.found, context=read).data)
