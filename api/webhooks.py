"""`/projects/{slug}/webhooks/`: addresses that are told of a project's events."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS
from api.views import ObjectView, ProjectView, StrictSerializer
from collector.events import EVENTS
from collector.models import Webhook, WebhookDelivery
from collector.services.webhooks import (
    change_webhook,
    create_webhook,
    rotate_secret,
    secret_of,
    send_test,
)


class WebhookChange(StrictSerializer):
    events = serializers.ListField(child=serializers.ChoiceField(list(EVENTS)), required=False)
    enabled = serializers.BooleanField(required=False)


class WebhookIn(StrictSerializer):
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(list(EVENTS)))


class WebhookOut(serializers.ModelSerializer[Webhook]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = Webhook
        fields = ["id", "url", "events", "enabled", "disabled_reason", "created_at"]


class SecretOut(WebhookOut):
    secret = serializers.SerializerMethodField(
        help_text="What its messages are signed with (Standard Webhooks). Shown this once."
    )

    class Meta(WebhookOut.Meta):
        fields = [*WebhookOut.Meta.fields, "secret"]

    def get_secret(self, webhook: Webhook) -> str:
        return secret_of(webhook)


class DeliveryOut(serializers.ModelSerializer[WebhookDelivery]):
    id = serializers.UUIDField(source="uid")

    class Meta:
        model = WebhookDelivery
        fields = [
            *("id", "event", "status", "attempts", "next_attempt_at", "response_status"),
            *("error", "payload", "created_at", "delivered_at"),
        ]


class Webhooks(ProjectView):
    roles = {"GET": RESEARCHERS, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="webhooks", responses=WebhookOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Whom the project tells of what."""
        return self.page(self.project.webhooks.all(), WebhookOut)

    @extend_schema(operation_id="create_webhook", request=WebhookIn, responses={201: SecretOut})
    def post(self, request: Request, slug: str) -> Response:
        """Tell an address, whose host the operator has allowed, of events from now on."""
        webhook = create_webhook(project=self.project, user=self.user, **self.read(WebhookIn))
        return Response(SecretOut(webhook).data, status=201)


class WebhookView(ObjectView):
    objects = Webhook.objects.all()
    what = "webhook"
    found: Webhook


class WebhookDetail(WebhookView):
    roles = {"GET": RESEARCHERS, "PATCH": RESEARCHERS, "DELETE": RESEARCHERS}

    @extend_schema(operation_id="webhook", responses=WebhookOut)
    def get(self, request: Request, uid: str) -> Response:
        """One webhook; never its secret."""
        return Response(WebhookOut(self.found).data)

    @extend_schema(operation_id="change_webhook", request=WebhookChange, responses=WebhookOut)
    def patch(self, request: Request, uid: str) -> Response:
        """Other events, or switched on or off."""
        changed = change_webhook(webhook=self.found, **self.read(WebhookChange))
        return Response(WebhookOut(changed).data)

    @extend_schema(operation_id="delete_webhook", responses={204: None})
    def delete(self, request: Request, uid: str) -> Response:
        """Tell the address nothing more, and forget what it was told."""
        self.found.delete()
        return Response(status=204)


class RotateSecret(WebhookView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="rotate_webhook_secret", request=None, responses=SecretOut)
    def post(self, request: Request, uid: str) -> Response:
        """A new secret in place of the old one."""
        return Response(SecretOut(rotate_secret(webhook=self.found)).data)


class SendTest(WebhookView):
    roles = {"POST": RESEARCHERS}

    @extend_schema(operation_id="test_webhook", request=None, responses={202: DeliveryOut})
    def post(self, request: Request, uid: str) -> Response:
        """Send a message of the type `webhook.test`."""
        return Response(DeliveryOut(send_test(webhook=self.found)).data, status=202)


class Deliveries(WebhookView):
    roles = {"GET": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="webhook_deliveries", responses=DeliveryOut(many=True))
    def get(self, request: Request, uid: str) -> Response:
        """What the address was told, and what became of it."""
        return self.page(self.found.deliveries.all(), DeliveryOut)
