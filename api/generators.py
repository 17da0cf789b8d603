"""`/generators/`: the models that answer prompts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import ResearcherSomewhere
from api.views import StrictSerializer, View
from collector.models import Generator, GeneratorRevision
from collector.selectors import newest_revisions
from collector.services.generators import create_generator
from collector.services.trials import try_generator
from common.errors import NotFound


class GeneratorIn(StrictSerializer):
    name = serializers.CharField(max_length=100)
    provider = serializers.CharField(
        max_length=12,
        help_text="openai, transformers, recorded, or one that the operator has added.",
    )
    model = serializers.CharField(max_length=300, allow_blank=True, required=False)
    base_url = serializers.CharField(max_length=500, allow_blank=True, required=False)
    key = serializers.CharField(
        max_length=64,
        allow_blank=True,
        required=False,
        help_text="The alias of a key that the operator declared; never a key itself.",
    )
    system_prompt = serializers.CharField(
        allow_blank=True, required=False, trim_whitespace=False, max_length=100_000
    )
    parameters = serializers.DictField(required=False)
    prices = serializers.DictField(
        required=False,
        child=serializers.DecimalField(max_digits=12, decimal_places=6, min_value=Decimal(0)),
    )
    limits = serializers.DictField(required=False)
    api = serializers.ChoiceField(
        GeneratorRevision.Api.choices,
        required=False,
        help_text="The protocol a server is asked by.",
    )
    batch = serializers.BooleanField(
        required=False, help_text="Ask through the server's Batch API: cheaper, within a day."
    )
    adapter = serializers.CharField(
        max_length=300,
        allow_blank=True,
        required=False,
        help_text="The folder of a LoRA adapter over a local model.",
    )
    context_window = serializers.IntegerField(
        min_value=1,
        max_value=100_000_000,
        allow_null=True,
        required=False,
        help_text="Tokens that the model reads and writes together.",
    )
    enabled = serializers.BooleanField(required=False)


class RevisionOut(serializers.ModelSerializer[GeneratorRevision]):
    key = serializers.CharField(source="key_alias")
    revision = serializers.IntegerField(source="number")

    class Meta:
        model = GeneratorRevision
        fields = [
            "revision",
            "provider",
            "model",
            "base_url",
            "key",
            "system_prompt",
            "parameters",
            "prices",
            "limits",
            "api",
            "batch",
            "adapter",
            "context_window",
        ]


class GeneratorOut(RevisionOut):
    id = serializers.UUIDField(source="generator.uid")
    name = serializers.CharField(source="generator.name")
    enabled = serializers.BooleanField(source="generator.enabled")
    created_at = serializers.DateTimeField(source="generator.created_at")

    class Meta(RevisionOut.Meta):
        fields = ["id", "name", "enabled", *RevisionOut.Meta.fields, "created_at"]


class Generators(View):
    permission_classes = [ResearcherSomewhere]
    pagination_class = KeysetPagination

    @extend_schema(operation_id="generators", responses=GeneratorOut(many=True))
    def get(self, request: Request) -> Response:
        """Every generator with the settings in force."""
        rows = GeneratorRevision.objects.filter(pk__in=newest_revisions().values("pk"))
        return self.page(rows.select_related("generator"), GeneratorOut)

    @extend_schema(
        operation_id="create_generator", request=GeneratorIn, responses={201: GeneratorOut}
    )
    def post(self, request: Request) -> Response:
        """Name a model. Other settings under a name that you gave make a new revision of it."""
        fields = self.read(GeneratorIn)
        if "prices" in fields:
            fields["prices"] = {key: float(value) for key, value in fields["prices"].items()}
        generator = create_generator(user=self.user, **fields)
        revision = newest_revisions().get(generator=generator)
        return Response(GeneratorOut(revision).data, status=201)


class TrialOut(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    text = serializers.CharField()
    finish_reason = serializers.CharField()
    model = serializers.CharField(help_text="What the server says has answered.")
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    latency_ms = serializers.IntegerField(allow_null=True)
    cost = serializers.DecimalField(
        max_digits=12, decimal_places=8, allow_null=True, help_text="US dollars."
    )
    error = serializers.CharField(help_text="Why there is no answer; empty where there is one.")


class TestGenerator(View):
    permission_classes = [ResearcherSomewhere]

    @extend_schema(operation_id="test_generator", request=None, responses=TrialOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask a generator's model once, for at most 64 tokens; nothing is stored.

        409 for a generator that asks no server, 503 within 5 seconds of the last test.
        """
        generator = Generator.objects.filter(uid=uid).first()
        if generator is None:
            raise NotFound("There is no such generator.")
        return Response(TrialOut(try_generator(generator=generator)).data)
