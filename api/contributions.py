"""`/me/contributions/`: what the caller has answered, and never what anybody else did."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import labeler_of
from api.paging import KeysetPagination
from api.permissions import SignedIn
from api.views import StrictSerializer, View
from labeling.contributions import as_contributions, contributions_of


class ContributionFilter(StrictSerializer):
    project = serializers.SlugField(required=False, max_length=64)
    created_after = serializers.DateTimeField(required=False)


class ContributionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="uid")
    project = serializers.CharField(source="project.slug")
    prompt = serializers.CharField(source="snippet", help_text="Its first words.")
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        allow_null=True,
        help_text="Places as they were shown, from 1, best first, ties together.",
    )
    not_rankable = serializers.CharField(allow_null=True)
    rationale = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()
    correct_until = serializers.DateTimeField(
        allow_null=True, help_text="The end of its edit window; null once that is over."
    )


class Contributions(View):
    judging = frozenset({"GET"})
    permission_classes = [SignedIn]
    filters = ContributionFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="my_contributions",
        parameters=[ContributionFilter],
        responses=ContributionOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Your answers that stand, oldest first, in all projects you worked in."""
        found = contributions_of(labeler=labeler_of(user=self.user), **self.filtered)
        paginator = KeysetPagination()
        rows = as_contributions(paginator.paginate_queryset(found, self.request))
        return paginator.get_paginated_response(ContributionOut(rows, many=True).data)
