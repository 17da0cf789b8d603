"""`/projects/{slug}/invitations/`: links that make whoever holds them a member."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.models import Invitation, Membership
from collector.services.invitations import renew_invitation, revoke_invitations, write_invitation


class InvitationIn(StrictSerializer):
    role = serializers.ChoiceField(Membership.Role.choices)
    email = serializers.EmailField(
        max_length=254,
        allow_blank=True,
        required=False,
        help_text="The link is mailed there, is for the account of that address, and is shown to "
        "nobody else.",
    )
    uses = serializers.IntegerField(required=False, help_text="How many people may use it; 1.")
    days = serializers.IntegerField(required=False, help_text="How long it is good; 7.")


class InvitationOut(serializers.ModelSerializer[Invitation]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = Invitation
        fields = ["id", "role", "email", "uses_left", "expires_at", "revoked_at", "created_at"]


class WrittenOut(InvitationOut):
    link = serializers.SerializerMethodField(
        help_text="Shown this once, for you to hand on. Null where it was mailed."
    )

    class Meta(InvitationOut.Meta):
        fields = [*InvitationOut.Meta.fields, "link"]

    def get_link(self, invitation: Invitation) -> str | None:
        link: str | None = self.context["link"]
        return link


class Invitations(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="invitations", responses=InvitationOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The invitations to the project, used and revoked ones too. Never their links."""
        return self.page(self.project.invitations.all(), InvitationOut)

    @extend_schema(
        operation_id="write_invitation", request=InvitationIn, responses={201: WrittenOut}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make a link that gives whoever opens it a role in the project."""
        asked = self.read(InvitationIn)
        written = write_invitation(
            project=self.project, created_by=self.user, now=timezone.now(), **asked
        )
        out = WrittenOut(written.invitation, context={"link": written.link})
        return Response(out.data, status=201)


class InvitationDetail(ObjectView):
    roles = {"DELETE": RESEARCHERS}
    objects = Invitation.objects.select_related("project")
    what = "invitation"

    @extend_schema(operation_id="revoke_invitation", responses={204: None})
    def delete(self, request: Request, uid: str) -> Response:
        """Make the link good for nothing. Who came by it stays."""
        revoke_invitations(invitations=[self.found], now=timezone.now())
        return Response(status=204)


class RenewInvitation(ObjectView):
    roles = {"POST": RESEARCHERS}
    objects = Invitation.objects.select_related("project")
    what = "invitation"

    @extend_schema(operation_id="renew_invitation", request=None, responses=WrittenOut)
    def post(self, request: Request, uid: str) -> Response:
        """Send the mail once more, or make the link anew, good for a week. The old one is not."""
        written = renew_invitation(invitation=self.found, renewed_by=self.user, now=timezone.now())
        out = WrittenOut(written.invitation, context={"link": written.link})
        return Response(out.data)
