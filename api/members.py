"""`/projects/{slug}/members/`: who is what in a project."""

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import token_of
from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ProjectView, StrictSerializer
from collector.models import Membership
from collector.services.projects import add_member, token_for_member
from labeling.members import SEARCH_MAX, described, member_in, members_in
from labeling.models import LabelerStanding
from labeling.services.memberships import end_membership, pause, resume, set_role
from labeling.services.standings import REASON_MAX


class MemberFilter(StrictSerializer):
    role = serializers.ChoiceField(Membership.Role.choices, required=False)
    search = serializers.CharField(
        max_length=SEARCH_MAX, required=False, help_text="In addresses and names."
    )


class MemberIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Membership.Role.choices)


class MemberOut(serializers.Serializer[object]):
    id = serializers.UUIDField(source="uid")
    email = serializers.EmailField(source="user.email")
    role = serializers.CharField()
    token = serializers.SerializerMethodField(
        help_text="A new API token, shown this once, for an account that you invited. It ends once "
        "the account gets a password or a role outside the projects you research. Null for every "
        "other account: superusers may hand out theirs.",
    )

    def get_token(self, membership: Membership) -> str | None:
        token: str | None = self.context["token"]
        return token


class MemberRow(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="uid", help_text="Of this role of this person.")
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Membership.Role.choices)
    since = serializers.DateTimeField(source="membership.created_at")
    judges = serializers.BooleanField(
        help_text="Whether they are given tasks: who has another role too is not."
    )
    standing = serializers.ChoiceField(
        LabelerStanding.State.choices,
        source="state",
        allow_blank=True,
        help_text="Empty for who has begun no training, nor was asked to.",
    )
    reason = serializers.CharField(help_text="Why they are warned, paused or excluded.")
    judgments = serializers.IntegerField(help_text="Without training.")
    last_active = serializers.DateField(
        allow_null=True, help_text="The day (UTC) they judged here or signed in last."
    )


class MemberPatch(StrictSerializer):
    role = serializers.ChoiceField(Membership.Role.choices, required=False)
    paused = serializers.BooleanField(
        required=False, help_text="True: they judge no more until it is false again."
    )
    reason = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=REASON_MAX,
        help_text="Of a pause, for the labeler to read.",
    )


class Members(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    filters = MemberFilter
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="members", parameters=[MemberFilter], responses=MemberRow(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's members, oldest first; who has two roles is there twice."""
        found = members_in(project=self.project, **self.filtered)
        paginator = KeysetPagination()
        rows = described(
            project=self.project, memberships=paginator.paginate_queryset(found, request)
        )
        return paginator.get_paginated_response(MemberRow(rows, many=True).data)

    @extend_schema(operation_id="add_member", request=MemberIn, responses={201: MemberOut})
    @transaction.atomic
    def post(self, request: Request, slug: str) -> Response:
        """Give a person a role, with an API token; a new address gets an account."""
        asked = self.read(MemberIn)
        membership = add_member(project=self.project, invited_by=self.user, **asked)
        token = token_for_member(
            membership=membership, issuer=self.user, made_with=token_of(request)
        )
        return Response(MemberOut(membership, context={"token": token}).data, status=201)


class MemberDetail(ProjectView):
    roles = {"GET": RESEARCHERS, "PATCH": RESEARCHERS, "DELETE": RESEARCHERS}

    @extend_schema(operation_id="member", responses=MemberRow)
    def get(self, request: Request, slug: str, uid: UUID) -> Response:
        """One role of one person."""
        return Response(MemberRow(member_in(project=self.project, uid=uid)).data)

    @extend_schema(operation_id="change_member", request=MemberPatch, responses=MemberRow)
    @transaction.atomic
    def patch(self, request: Request, slug: str, uid: UUID) -> Response:
        """Give another role in place of this one, or let a labeler pause and work again.

        Who judges no more gives back the tasks they hold; what they answered stays. A project
        keeps one researcher.
        """
        asked = self.read(MemberPatch)
        membership = member_in(project=self.project, uid=uid).membership
        if "paused" in asked:
            self._pause(membership, asked)
        if "role" in asked:
            membership = set_role(membership=membership, role=asked["role"], changed_by=self.user)
        found = member_in(project=self.project, uid=membership.uid)
        return Response(MemberRow(found).data)

    @extend_schema(operation_id="remove_member", responses={204: None})
    def delete(self, request: Request, slug: str, uid: UUID) -> Response:
        """Take the role away. The account stays, and so does what they answered, which counts."""
        membership = member_in(project=self.project, uid=uid).membership
        end_membership(membership=membership, removed_by=self.user)
        return Response(status=204)

    def _pause(self, membership: Membership, asked: dict[str, Any]) -> None:
        about: dict[str, Any] = {
            "project": self.project,
            "user": membership.user,
            "decided_by": self.user,
        }
        if asked["paused"]:
            pause(reason=asked["reason"], **about)
        else:
            resume(**about)
