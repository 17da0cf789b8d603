"""Prompts and messages: read, and written one by one."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import labeler_of
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, STAFF, Role
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Message
from collector.selectors import path_to, prompts_of, responses_to
from collector.services.writing import TEXT_MAX, write_prompt, write_response
from common.errors import InvalidInput


class PromptFilter(StrictSerializer):
    language = serializers.CharField(required=False, max_length=16)
    source = serializers.CharField(required=False, max_length=200)  # type: ignore[assignment]
    min_responses = serializers.IntegerField(required=False, min_value=0, max_value=1000)


class PromptIn(StrictSerializer):
    text = serializers.CharField(max_length=TEXT_MAX, trim_whitespace=False)
    system = serializers.CharField(
        default="", allow_blank=True, max_length=TEXT_MAX, trim_whitespace=False
    )
    after = serializers.UUIDField(
        required=False, help_text="The response that it follows; without one it opens one anew."
    )
    language = serializers.CharField(default="", allow_blank=True, max_length=16)


class ResponseIn(StrictSerializer):
    text = serializers.CharField(max_length=TEXT_MAX, trim_whitespace=False)
    language = serializers.CharField(
        default="", allow_blank=True, max_length=16, help_text="By default that of the prompt."
    )


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
    roles = {"GET": STAFF, "POST": RESEARCHERS}
    filters = PromptFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="prompts", parameters=[PromptFilter], responses=PromptOut(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's prompts, with the number of responses each has."""
        return self.page(prompts_of(project=self.project, **self.filtered), PromptOut)

    @extend_schema(
        operation_id="write_prompt",
        request=PromptIn,
        responses={200: PromptOut, 201: PromptOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Write a prompt; 200 where the project has it already. Files of them are imported."""
        asked = self.read(PromptIn)
        if after := asked.pop("after", None):
            asked["after"] = self.project.messages.filter(uid=after).first()
            if asked["after"] is None:
                raise InvalidInput(_("There is no such message."), attr="after")
        prompt, new = write_prompt(
            project=self.project, labeler=labeler_of(user=self.user), **asked
        )
        row = prompts_of(project=self.project).get(pk=prompt.pk)
        return Response(PromptOut(row).data, status=201 if new else 200)


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


class Responses(ObjectView):
    roles = {"POST": RESEARCHERS | {Role.REVIEWER}}
    objects = Message.objects.select_related("project")
    what = "message"
    found: Message

    @extend_schema(
        operation_id="write_response",
        request=ResponseIn,
        responses={200: ResponseOut, 201: ResponseOut},
    )
    def post(self, request: Request, uid: UUID) -> Response:
        """Write a response to a prompt, as your pseudonym; 200 where you have written it before.

        It is compared with the others like any, by people who cannot tell that a person wrote it.
        """
        response, new = write_response(
            prompt=self.found, labeler=labeler_of(user=self.user), **self.read(ResponseIn)
        )
        return Response(ResponseOut(response).data, status=201 if new else 200)
