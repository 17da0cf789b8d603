"""`/generators/`: the models that answer prompts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import ResearcherSomewhere
from api.views import StrictSerializer, View
from collector.models import Generator, GeneratorRevision
from collector.selectors import newest_revisions, revisions_of
from collector.services.breaker import pause_generator, unpause_generator
from collector.services.generators import (
    change_generator,
    check_may_change,
    create_generator,
    may_change,
)
from collector.services.trials import check_may_try, try_generator, who_pays
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


class GeneratorChangeIn(GeneratorIn):
    """What is left out stays."""

    name = None  # type: ignore[assignment]
    provider = serializers.CharField(max_length=12, required=False)


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

    failures = serializers.IntegerField(
        source="generator.failures", help_text="Requests in a row that failed."
    )
    paused_at = serializers.DateTimeField(
        source="generator.paused_at", allow_null=True, help_text="Nobody asks it since then."
    )
    paused_until = serializers.DateTimeField(
        source="generator.paused_until",
        allow_null=True,
        help_text="When it is tried again by itself; null while paused: when a person says so.",
    )
    pause_reason = serializers.CharField(source="generator.pause_reason")

    class Meta(RevisionOut.Meta):
        fields = [
            *("id", "name", "enabled", *RevisionOut.Meta.fields, "created_at"),
            *("failures", "paused_at", "paused_until", "pause_reason"),
        ]


class DatedRevisionOut(RevisionOut):
    class Meta(RevisionOut.Meta):
        fields = [*RevisionOut.Meta.fields, "created_at"]


class GeneratorDetailOut(GeneratorOut):
    may_change = serializers.SerializerMethodField(
        help_text="Whether the caller may change, switch and pause it."
    )
    revisions = serializers.SerializerMethodField(help_text="The newest 50, newest first.")

    class Meta(GeneratorOut.Meta):
        fields = [*GeneratorOut.Meta.fields, "may_change", "revisions"]

    def get_may_change(self, revision: GeneratorRevision) -> bool:
        return may_change(revision.generator, self.context["user"], in_force=revision)

    @extend_schema_field(DatedRevisionOut(many=True))
    def get_revisions(self, revision: GeneratorRevision) -> Any:
        return DatedRevisionOut(revisions_of(generator=revision.generator), many=True).data


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
        generator = create_generator(user=self.user, **_plain(self.read(GeneratorIn)))
        revision = newest_revisions().get(generator=generator)
        return Response(GeneratorOut(revision).data, status=201)


class GeneratorView(View):
    """A view of one generator, of which every researcher may know."""

    permission_classes = [ResearcherSomewhere]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.find()

    def find(self) -> None:
        found = newest_revisions().filter(generator__uid=self.kwargs["uid"]).first()
        if found is None:
            raise NotFound("There is no such generator.")
        self.revision = found

    def lock(self) -> None:
        rows = Generator.objects.select_for_update(no_key=True)
        rows.filter(uid=self.kwargs["uid"]).first()
        self.find()

    @property
    def generator(self) -> Generator:
        return self.revision.generator

    def told(self) -> Response:
        """The generator as it is now."""
        self.find()
        return Response(GeneratorDetailOut(self.revision, context={"user": self.user}).data)


class GeneratorDetail(GeneratorView):
    @extend_schema(operation_id="generator", responses=GeneratorDetailOut)
    def get(self, request: Request, uid: UUID) -> Response:
        """A generator with the settings in force, whether it is asked, and its revisions."""
        return self.told()

    @extend_schema(
        operation_id="change_generator", request=GeneratorChangeIn, responses=GeneratorDetailOut
    )
    def patch(self, request: Request, uid: UUID) -> Response:
        """Change what is given; other settings make a new revision.

        Runs under way go on with the revision that they began with. `enabled` says whether new runs
        may ask. 403 for who neither made the generator nor is a superuser.
        """
        fields = _plain(self.read(GeneratorChangeIn))
        change_generator(generator=self.generator, user=self.user, **fields)
        return self.told()


class PauseIn(StrictSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PauseGenerator(GeneratorView):
    @extend_schema(operation_id="pause_generator", request=PauseIn, responses=GeneratorDetailOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask it nothing more, in any project, until it is unpaused. What runs owe stays owed."""
        check_may_change(self.generator, self.user)
        pause_generator(generator=self.generator, **self.read(PauseIn))
        return self.told()


class UnpauseGenerator(GeneratorView):
    @extend_schema(operation_id="unpause_generator", request=None, responses=GeneratorDetailOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Let it be asked again, at once: failures are counted anew."""
        check_may_change(self.generator, self.user)
        unpause_generator(generator=self.generator)
        return self.told()


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
    advice = serializers.CharField(help_text="What to do about the error.")


class TrialIn(StrictSerializer):
    project = serializers.SlugField(
        required=False,
        max_length=50,
        help_text="Whose budgets it counts against; the only one that you are a researcher of "
        "need not be named.",
    )


class TestGenerator(GeneratorView):
    @extend_schema(operation_id="test_generator", request=TrialIn, responses=TrialOut)
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask a generator's model once, for at most 64 tokens; nothing is stored.

        409 for a generator that asks no server and where a budget is used up, 503 within 5 seconds
        of the last test, 403 for one that its maker has paused or switched off.
        """
        check_may_try(self.generator, self.user)
        project = who_pays(self.user, self.read(TrialIn).get("project", ""))
        trial = try_generator(generator=self.generator, project=project)
        return Response(TrialOut(trial).data)


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Settings as the services take them: prices are numbers there."""
    if "prices" in fields:
        fields["prices"] = {key: float(value) for key, value in fields["prices"].items()}
    return fields
