"""Recipes: `GET /datasets/recipe-schema/`, and what one would give before a dataset is built."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.permissions import TRAINERS, SignedIn
from api.views import ProjectView, StrictSerializer, View
from exports.recipes import recipe_schema
from exports.services.preview import preview


class RecipeSchema(View):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="recipe_schema", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """The JSON Schema of recipes: every key, what it may be, and what it is if left out."""
        return Response(recipe_schema())


class PreviewIn(StrictSerializer):
    format = serializers.CharField(max_length=32, default="preference")
    recipe = serializers.DictField(default=dict)


class SampleRow(serializers.Serializer[Any]):
    split = serializers.ChoiceField(["train", "test"])
    row = serializers.DictField()


class PreviewOut(serializers.Serializer[Any]):
    format = serializers.CharField()
    items = serializers.IntegerField(help_text="What the format reads: pairs, judgments, prompts.")
    at_least = serializers.BooleanField(help_text="True where there were too many to count all.")
    rows = SampleRow(many=True)
    looked_at = serializers.IntegerField(help_text="Items read on the way to these rows.")
    refused = serializers.DictField(child=serializers.IntegerField())
    counts = serializers.DictField(help_text="Judgments, labelers, prompts, languages, models.")


class PreviewDataset(ProjectView):
    reading = frozenset({"POST"})
    roles = {"POST": TRAINERS}

    @extend_schema(operation_id="preview_dataset", request=PreviewIn, responses=PreviewOut)
    def post(self, request: Request, slug: str) -> Response:
        """How many items a recipe leaves of the project now, and the first ten rows of them."""
        asked = self.read(PreviewIn)
        return Response(PreviewOut(asdict(preview(project=self.project, **asked))).data)
