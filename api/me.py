"""`/me/`: the caller's account, roles and consent."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import accept_consent, has_consented, labeler_of
from api.permissions import SignedIn
from api.views import StrictSerializer, View


class MembershipOut(serializers.Serializer[object]):
    project = serializers.CharField(source="project.slug")
    role = serializers.CharField()


class MeOut(serializers.Serializer[object]):
    email = serializers.EmailField()
    name = serializers.CharField()
    labeler = serializers.CharField(help_text="The pseudonym under which the caller judges.")
    consented = serializers.BooleanField(help_text="Whether the terms in force were accepted.")
    memberships = MembershipOut(many=True)


class ConsentIn(StrictSerializer):
    version = serializers.CharField(required=False, max_length=32)


class ConsentOut(serializers.Serializer[object]):
    version = serializers.CharField()
    accepted_at = serializers.DateTimeField()


class Me(View):
    judging = frozenset({"GET"})
    permission_classes = [SignedIn]

    @extend_schema(operation_id="me", responses=MeOut)
    def get(self, request: Request) -> Response:
        """Who am I, and what may I do where?"""
        labeler = labeler_of(user=self.user)
        memberships = self.user.memberships.select_related("project").order_by("project__slug")
        out = MeOut(
            {
                "email": self.user.email,
                "name": self.user.name,
                "labeler": labeler.pseudonym,
                "consented": has_consented(labeler=labeler),
                "memberships": memberships.order_by("project__slug", "role"),
            }
        )
        return Response(out.data)


class Consents(View):
    judging = frozenset({"POST"})
    permission_classes = [SignedIn]

    @extend_schema(operation_id="consent", request=ConsentIn, responses={201: ConsentOut})
    def post(self, request: Request) -> Response:
        """Accept the terms in force; needed before the first task."""
        version = self.read(ConsentIn).get("version")
        consent = accept_consent(labeler=labeler_of(user=self.user), version=version)
        return Response(ConsentOut(consent).data, status=201)
