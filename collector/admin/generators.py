"""Admin of generators: switched on and off, paused and let go on; settings are revisions."""

from collections.abc import Callable

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline

from collector.models import Generator, GeneratorRevision
from collector.services.breaker import pause_generator, unpause_generator
from common.admin import ServiceAdmin


class RevisionInline(TabularInline):
    model = GeneratorRevision
    fields = ("number", "provider", "model", "base_url", "key_alias", "parameters", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    ordering = ("-number",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Generator)
class GeneratorAdmin(ServiceAdmin):
    """A generator can be switched on and off here, paused and let go on."""

    list_display = ("name", "enabled", "paused_at", "pause_reason", "failures", "created_at")
    list_filter = ("enabled",)
    search_fields = ("name__istartswith",)
    search_by_uid = True
    ordering = ("name",)
    fields = ("uid", "name", "enabled", "failures", "created_at")
    readonly_fields = ("uid", "name", "failures", "created_at")
    inlines = (RevisionInline,)
    change_form_outer_before_template = "admin/collector/generator/breaker.html"

    class Media:
        css = {"all": ("css/run.css",)}

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_urls(self) -> list[URLPattern]:
        pause = self.admin_site.admin_view(require_POST(self.pause_view))
        unpause = self.admin_site.admin_view(require_POST(self.unpause_view))
        return [
            path("<path:object_id>/pause/", pause, name="collector_generator_pause"),
            path("<path:object_id>/unpause/", unpause, name="collector_generator_unpause"),
            *super().get_urls(),
        ]

    def pause_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._done(request, object_id, pause_generator)

    def unpause_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._done(request, object_id, unpause_generator)

    def _done(
        self, request: HttpRequest, object_id: str, service: Callable[..., Generator]
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        key = object_id if object_id.isdecimal() else None
        generator = service(generator=get_object_or_404(Generator, pk=key))
        address = reverse("admin:collector_generator_change", args=[generator.pk])
        return HttpResponseRedirect(address)
