"""`/projects/{slug}/guidelines/`: what labelers are told, version by version."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import MEMBERS, RESEARCHERS
from api.views import ProjectView, StrictSerializer
from common.errors import InvalidInput, NotFound
from labeling.models import GuidelineVersion
from labeling.services.policies import GUIDELINES_MAX, current_guidelines, set_guidelines


class GuidelinesIn(StrictSerializer):
    text = serializers.CharField(max_length=GUIDELINES_MAX, help_text="Markdown.")


class GuidelinesRow(serializers.ModelSerializer[GuidelineVersion]):
    class Meta:
        model = GuidelineVersion
        fields = ["number", "created_at"]


class GuidelinesOut(GuidelinesRow):
    class Meta(GuidelinesRow.Meta):
        fields = ["number", "created_at", "text"]


class Guidelines(ProjectView):
    roles = {"GET": MEMBERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="guidelines", responses=GuidelinesRow(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Every version, oldest first, without the texts; the last one is in force."""
        return self.page(self.project.guidelines.defer("text"), GuidelinesRow)

    @extend_schema(
        operation_id="create_guidelines",
        request=GuidelinesIn,
        responses={200: GuidelinesOut, 201: GuidelinesOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put guidelines in force; labelers are shown what changed. 200 where nothing does."""
        before = current_guidelines(project=self.project)
        try:
            version = set_guidelines(project=self.project, **self.read(GuidelinesIn))
        except InvalidInput as error:
            raise InvalidInput(error.detail, attr="text") from error
        return Response(GuidelinesOut(version).data, status=200 if version == before else 201)


class _GuidelinesText(ProjectView):
    judging = frozenset({"GET"})
    roles = {"GET": MEMBERS}

    def answer(self, version: GuidelineVersion | None) -> Response:
        if version is None:
            raise NotFound("There is no such version of the guidelines.")
        return Response(GuidelinesOut(version).data)


class CurrentGuidelines(_GuidelinesText):
    @extend_schema(operation_id="current_guidelines", responses=GuidelinesOut)
    def get(self, request: Request, slug: str) -> Response:
        """The guidelines in force; 404 where the project has none."""
        return self.answer(current_guidelines(project=self.project))


class GuidelinesDetail(_GuidelinesText):
    @extend_schema(operation_id="guidelines_version", responses=GuidelinesOut)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One version."""
        return self.answer(self.project.guidelines.filter(number=number).first())
