"""Admin of datasets: what was built, from what, with which files."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import TabularInline

from common.admin import ReadOnlyAdmin
from exports.models import Dataset, DatasetFile, DatasetPart, DatasetVersion, HubPush


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "created_by", "created_at")
    list_filter = ("project",)
    list_select_related = ("project", "created_by")
    search_fields = ("name__istartswith",)
    search_by_uid = True
    ordering = ("-id",)


class FileInline(TabularInline):
    model = DatasetFile
    fields = ("name", "format", "split", "rows", "bytes", "sha256")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnlyAdmin):
    list_display = ("dataset", "number", "status", "container", "cut_off", "created_at")
    list_filter = ("status", "container")
    list_select_related = ("dataset",)
    search_fields = ("dataset__name__istartswith",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("lease_token",)
    inlines = (FileInline,)


@admin.register(DatasetPart)
class DatasetPartAdmin(ReadOnlyAdmin):
    list_display = ("version", "ordinal", "source", "status", "progress", "attempts")
    list_filter = ("status",)
    list_select_related = ("version__dataset",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("lease_token",)


@admin.register(HubPush)
class HubPushAdmin(ReadOnlyAdmin):
    list_display = ("version", "repository", "status", "created_at")
    list_filter = ("status",)
    list_select_related = ("version__dataset",)
    search_by_uid = True
    ordering = ("-id",)
    exclude = ("lease_token",)
