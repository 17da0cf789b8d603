"""Templates of prompts: `/projects/{slug}/templates/` and their preview."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ProjectView, StrictSerializer
from collector.models import PromptTemplate
from collector.services.templates import preview_template, save_template
from collector.templating.templates import MAX_TEMPLATE

MAX_ROWS = 1_000


class TemplateText(StrictSerializer):
    text = serializers.CharField(
        max_length=MAX_TEMPLATE,
        trim_whitespace=False,
        help_text="Jinja over a row's columns: `input ||| target`.",
    )
    shots = serializers.IntegerField(required=False, help_text="Examples before each prompt.")
    draw = serializers.CharField(required=False, help_text="`seed` or `nearest`.")
    seed = serializers.IntegerField(required=False)


class TemplateIn(TemplateText):
    name = serializers.CharField(max_length=100)


class TemplatePreviewIn(TemplateText):
    rows = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=MAX_ROWS,
        help_text="Rows of a table: objects, or bare texts, which a template calls `text`.",
    )

    def validate_rows(self, rows: list[Any]) -> list[Any]:
        if not all(isinstance(row, dict | str) for row in rows):
            raise serializers.ValidationError("A row is an object or a text.")
        return rows


class TemplateOut(serializers.ModelSerializer[PromptTemplate]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = PromptTemplate
        fields = ["id", "name", "number", "text", "shots", "draw", "seed", "created_at"]


class TemplatePreviewRow(serializers.Serializer[Any]):
    """What a row comes to; with a `code`, why it would be left out."""

    row = serializers.IntegerField()
    prompt = serializers.CharField()
    target = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class TemplatePreviewOut(serializers.Serializer[Any]):
    results = TemplatePreviewRow(many=True)


class Templates(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="templates", responses=TemplateOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The project's templates, every number of them."""
        return self.page(self.project.templates.all(), TemplateOut)

    @extend_schema(operation_id="save_template", request=TemplateIn, responses={201: TemplateOut})
    def post(self, request: Request, slug: str) -> Response:
        """Store a template as the next number of its name."""
        saved = save_template(project=self.project, user=self.user, **self.read(TemplateIn))
        return Response(TemplateOut(saved).data, status=201)


class TemplatePreview(ProjectView):
    reading = frozenset({"POST"})
    roles = {"POST": RESEARCHERS}

    @extend_schema(
        operation_id="preview_template", request=TemplatePreviewIn, responses=TemplatePreviewOut
    )
    def post(self, request: Request, slug: str) -> Response:
        """The prompts of the first ten rows; examples are drawn from all that are sent."""
        made = preview_template(**self.read(TemplatePreviewIn))
        return Response(TemplatePreviewOut({"results": made}).data)
