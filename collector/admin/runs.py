"""Admin of runs and generations: start, watch, pause, resume and cancel, through the services."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from collector.admin.run_form import FIELDSETS, RunForm
from collector.admin.run_page import foreseen, live
from collector.models import Generation, Run
from collector.services.runs import cancel_run, pause_run, resume_run, start_run
from common.admin import ReadOnlyAdmin, ServiceAdmin
from common.errors import DomainError


@admin.register(Run)
class RunAdmin(ServiceAdmin):
    """A run is started with an estimate beside the form, and watched while it goes."""

    list_display = ("uid", "project", "status", "samples", "budget", "spent", "created_at")
    list_filter = ("status", "project")
    list_select_related = ("project",)
    search_fields = ("uid__exact",)
    search_by_uid = True
    ordering = ("-id",)
    form = RunForm
    change_form_outer_before_template = "admin/collector/run/live_outer.html"
    change_form_after_template = "admin/collector/run/estimate_outer.html"

    class Media:
        css = {"all": ("css/run.css",)}

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_fieldsets(self, request: HttpRequest, obj: Run | None = None) -> Any:
        if obj is None:
            return FIELDSETS
        what = ("uid", "project", "revisions", "prompts", "samples", "budget", "spent", "reserved")
        when = ("created_by", "created_at", "started_at", "paused_at", "finished_at")
        return [(None, {"fields": (*what, *when)})]

    def get_urls(self) -> list[URLPattern]:
        routes: dict[str, Callable[..., HttpResponse]] = {
            "estimate/": require_POST(self.estimate_view),
            "<path:object_id>/progress/": require_GET(self.progress_view),
            "<path:object_id>/pause/": require_POST(self.pause_view),
            "<path:object_id>/resume/": require_POST(self.resume_view),
            "<path:object_id>/cancel/": require_POST(self.cancel_view),
        }
        return [
            *(
                path(
                    route,
                    self.admin_site.admin_view(view),
                    name=f"collector_run_{route.rstrip('/').rpartition('/')[2]}",
                )
                for route, view in routes.items()
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run = kwargs.get("obj")
        if run is not None:
            context["live"] = live(run)
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: Run, form: "RunForm", change: bool) -> None:
        budget = form.cleaned_data["budget"]
        run = start_run(user=cast(User, request.user), budget=budget, **form.asked())
        obj.pk, obj.uid = run.pk, run.uid

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """`start_run` has written them."""

    def response_add(
        self, request: HttpRequest, obj: Run, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._to_page(obj)

    def estimate_view(self, request: HttpRequest) -> HttpResponse:
        """What the run that the form describes would cost; nothing is started."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RunForm(request.POST)
        context = {"estimate": foreseen(form.asked())} if form.is_valid() else {"form": form}
        return render(request, "admin/collector/run/estimate.html", context)

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The part of a run's page that changes."""
        run = self._run(request, object_id, self.has_view_permission)
        return render(request, "admin/collector/run/live.html", {"live": live(run)})

    def pause_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._done(request, object_id, pause_run)

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._done(request, object_id, cancel_run)

    def resume_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        budget = request.POST.get("budget", "").strip() or None
        return self._done(request, object_id, resume_run, budget=budget)

    def _done(
        self, request: HttpRequest, object_id: str, service: Callable[..., Run], **given: Any
    ) -> HttpResponse:
        run = self._run(request, object_id, self.has_add_permission)
        try:
            service(run=run, **given)
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        return self._to_page(run)

    def _run(self, request: HttpRequest, object_id: str, may: Callable[[HttpRequest], bool]) -> Run:
        if not may(request):
            raise PermissionDenied
        return get_object_or_404(Run, pk=object_id if object_id.isdecimal() else None)

    def _to_page(self, run: Run) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:collector_run_change", args=[run.pk]))


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "revision", "status", "attempts", "input_tokens", "output_tokens", "cost"),
        *("latency_ms", "error_line"),
    )
    list_filter = ("status",)
    list_select_related = ("revision__generator",)
    ordering = ("-id",)
    exclude = ("lease_token",)

    @admin.display(description="error")
    def error_line(self, generation: Generation) -> str:
        """The start of what went wrong."""
        return generation.error[:80]
