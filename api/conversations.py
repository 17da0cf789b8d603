"""Search and conversations: `GET /projects/{slug}/search/` and `GET /messages/{uid}/tree/`.

For researchers and reviewers. Reviewers who are no researchers read blind, as on the pages: no
authors, and texts as labelers saw them.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, Role
from api.prompts import AuthorOut
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Generation, Message, MessageFlag
from collector.searching import QUERY_MAX, patience
from labeling.conversations import Conversation, Judging, Node, Vote, conversation_of
from labeling.finding import Found, Judged, Wish, described, find, reads_blind
from labeling.models import Adjudication, Task

READERS = RESEARCHERS | {Role.REVIEWER}


class SearchFilter(StrictSerializer):
    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=QUERY_MAX,
        help_text='Words; "a phrase"; this or that; -not; begin*.',
    )
    role = serializers.ChoiceField(Message.Role.choices, required=False)
    language = serializers.CharField(required=False, max_length=16)
    source = serializers.CharField(required=False, max_length=200)  # type: ignore[assignment]
    tag = serializers.CharField(required=False, max_length=64)
    generator = serializers.CharField(required=False, max_length=200)
    flag = serializers.ChoiceField(MessageFlag.Kind.choices, required=False)
    judged = serializers.ChoiceField(Judged.choices, required=False)


class PartOut(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False)
    found = serializers.BooleanField(help_text="Whether it is what was looked for.")


class FoundOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="message.uid")
    conversation = serializers.SerializerMethodField(help_text="The first message of its tree.")
    role = serializers.ChoiceField(Message.Role.choices, source="message.role")
    excerpt = PartOut(many=True)
    language = serializers.CharField(source="message.language")
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    author = serializers.SerializerMethodField()
    flags = serializers.ListField(child=serializers.ChoiceField(MessageFlag.Kind.choices))
    created_at = serializers.SerializerMethodField()

    def hides(self, message: Message) -> bool:
        """Whether the reader may not know where the message comes from."""
        return bool(self.context["blind"]) and message.role == Message.Role.ASSISTANT

    def get_conversation(self, found: Found) -> UUID:
        return (found.message.root or found.message).uid

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_source(self, found: Found) -> str | None:
        source = found.message.source
        return source.name if source and not self.hides(found.message) else None

    @extend_schema_field(AuthorOut(allow_null=True))
    def get_author(self, found: Found) -> dict[str, Any] | None:
        return None if self.hides(found.message) else _author(found.message)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_created_at(self, found: Found) -> Any:
        if self.hides(found.message):
            return None
        return serializers.DateTimeField().to_representation(found.message.created_at)


class GenerationOut(serializers.ModelSerializer[Generation]):
    run = serializers.UUIDField(source="run.uid")
    sample = serializers.IntegerField(source="sample_index")

    class Meta:
        model = Generation
        fields = [
            *("run", "sample", "attempts", "input_tokens", "output_tokens", "cost", "latency_ms"),
            *("finish_reason", "finished_at"),
        ]


class NodeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="message.uid")
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    role = serializers.ChoiceField(Message.Role.choices, source="message.role")
    place = serializers.CharField(help_text="Its number among the responses to one prompt.")
    text = serializers.CharField()
    masked = serializers.BooleanField(help_text="Whether labelers see a name hidden in it.")
    language = serializers.CharField(source="message.language")
    author = AuthorOut(allow_null=True)
    origin = serializers.ChoiceField(Message.Origin.choices, allow_null=True)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    generation = GenerationOut(allow_null=True)
    flags = serializers.ListField(child=serializers.ChoiceField(MessageFlag.Kind.choices))
    created_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(source="message.deleted_at", allow_null=True)


class JudgmentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="judgment.uid")
    labeler = serializers.CharField(source="judgment.labeler.pseudonym")
    kind = serializers.CharField(source="judgment.labeler.kind")
    purpose = serializers.CharField(source="judgment.purpose")
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        allow_null=True,
        help_text="Places, best first, ties together.",
    )
    not_rankable = serializers.CharField(source="judgment.not_rankable", allow_null=True)
    strength = serializers.IntegerField(source="judgment.strength", allow_null=True)
    rationale = serializers.CharField(source="judgment.rationale", allow_blank=True)
    order = serializers.ListField(
        source="seen", child=serializers.CharField(), help_text="What they saw, first place first."
    )
    seconds = serializers.FloatField(source="judgment.seconds", allow_null=True)
    counts = serializers.BooleanField(help_text="Whether agreement is counted from it.")
    created_at = serializers.DateTimeField(source="judgment.created_at")


class CaseOfTaskOut(serializers.ModelSerializer[Adjudication]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = Adjudication
        fields = ["id", "state", "kind", "disagreement", "note", "opened_at", "resolved_at"]


class TaskInTreeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="task.uid")
    prompt = serializers.UUIDField()
    state = serializers.ChoiceField(Task.State.choices, source="task.state")
    responses = serializers.ListField(child=serializers.UUIDField())
    disagreement = serializers.FloatField(source="task.disagreement", allow_null=True)
    agreement = serializers.FloatField(
        allow_null=True, help_text="How often two votes said the same of two responses, 0 to 1."
    )
    judgments = JudgmentOut(many=True)
    adjudications = CaseOfTaskOut(many=True)


class TreeOut(serializers.Serializer[Any]):
    conversation = serializers.UUIDField(help_text="The first message of the tree.")
    cut = serializers.BooleanField(help_text="Whether the tree has more messages than are here.")
    messages = NodeOut(many=True)
    tasks = TaskInTreeOut(many=True)


class Search(ProjectView):
    roles = {"GET": READERS}
    filters = SearchFilter
    pagination_class = KeysetPagination

    @extend_schema(operation_id="search", parameters=[SearchFilter], responses=FoundOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Prompts and responses by their words, and by what is known of them.

        Without `q` and `role` conversations are listed, by their first prompts.
        """
        blind = reads_blind(self.access.roles)
        wish = Wish(**self.filtered)
        paginator = KeysetPagination()
        with patience():
            rows = find(project=self.project, wish=wish, blind=blind)
            messages = paginator.paginate_queryset(rows, request)
            found = described(messages=messages, wish=wish, blind=blind)
        writer = FoundOut(found, many=True, context={"blind": blind})
        return paginator.get_paginated_response(writer.data)


class MessageTree(ObjectView):
    roles = {"GET": READERS}
    objects = Message.objects.all()
    what = "message"
    found: Message

    @extend_schema(operation_id="message_tree", responses=TreeOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """The whole conversation of a message, with its tasks and what was said in them."""
        conversation = conversation_of(message=self.found, blind=reads_blind(self.access.roles))
        return Response(TreeOut(_tree(conversation)).data)


def _author(message: Message) -> dict[str, Any] | None:
    revision, labeler = message.revision, message.labeler
    if revision is None and labeler is None:
        return None
    return {
        "generator": revision and revision.generator.name,
        "revision": revision and revision.number,
        "labeler": labeler and labeler.pseudonym,
    }


def _tree(conversation: Conversation) -> dict[str, Any]:
    uids = {node.message.pk: node.message.uid for node in conversation.nodes}
    return {
        "conversation": conversation.root.message.uid,
        "cut": conversation.cut,
        "messages": [_message(node, uids) for node in conversation.nodes],
        "tasks": [
            _task(judging, node.message.uid)
            for node in conversation.nodes
            for judging in node.judging
        ],
    }


def _message(node: Node, uids: dict[int, UUID]) -> dict[str, Any]:
    message = node.message
    known: dict[str, Any] = dict.fromkeys(("author", "origin", "source", "created_at"))
    if node.known:
        known = {
            "author": _author(message),
            "origin": message.origin,
            "source": message.source and message.source.name,
            "created_at": message.created_at,
        }
    return known | {
        "message": message,
        "parent": uids.get(message.parent_id or 0),
        "place": node.place,
        "text": node.text,
        "masked": node.masked,
        "generation": node.generation,
        "flags": [flag.kind for flag in node.flags],
    }


def _task(judging: Judging, prompt: UUID) -> dict[str, Any]:
    votes: list[Vote] = judging.votes
    return {
        "task": judging.task,
        "prompt": prompt,
        "responses": [message.uid for _place, message in judging.responses],
        "agreement": judging.agreement,
        "judgments": votes,
        "adjudications": judging.cases,
    }
