"""Admin of what runs, imports and webhooks leave behind: to look at, not to change."""

from django.contrib import admin

from collector.models import (
    Batch,
    Spending,
    Webhook,
    WebhookDelivery,
)
from common.admin import ReadOnlyAdmin


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    list_display = ("project", "month", "spent", "reserved")
    list_filter = ("project",)
    list_select_related = ("project",)
    ordering = ("-month", "project")


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("uid", "revision", "status", "remote_status", "requests", "created_at")
    list_filter = ("status",)
    list_select_related = ("revision__generator",)
    search_by_uid = True
    ordering = ("-pk",)


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    list_display = ("url", "project", "events", "enabled", "created_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    search_by_uid = True
    ordering = ("-pk",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("uid", "event", "webhook", "status", "attempts", "created_at")
    list_filter = ("status",)
    list_select_related = ("webhook",)
    search_by_uid = True
    ordering = ("-pk",)
