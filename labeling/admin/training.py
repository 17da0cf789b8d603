"""Admin of items with a known answer, of the standing of labelers, and of what they read."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from common.admin import ReadOnlyAdmin, ServiceAdmin
from labeling.models import (
    GoldItem,
    GuidelineReading,
    LabelerStanding,
    QualificationAttempt,
    Task,
)
from labeling.pages.forms import parse_ranking
from labeling.services.deciding import decide
from labeling.services.gold import create_gold_item, retire_gold_item


class GoldItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """An expert's answer to a task: its responses are numbered as they are stored."""

    task_uid = forms.UUIDField(
        label=_("task"),
        help_text=_("The uid of a task. Open this form from the task to see its responses."),
        widget=UnfoldAdminTextInputWidget,
    )
    shown = forms.CharField(
        label=_("conversation and responses"),
        required=False,
        disabled=True,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 16}),
    )
    ranking = forms.CharField(
        label=_("the expert's answer"),
        required=False,
        max_length=100,
        help_text=_(
            "Best first, = for ties: 2 1=3. Leave it empty where no response is acceptable."
        ),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = GoldItem
        fields = ("use", "explanation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        task = _task(self.initial.get("task_uid"))
        if task is not None:
            self.initial["shown"] = _in_words(task)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        task = _task(cleaned.get("task_uid"))
        if task is None:
            self.add_error("task_uid", gettext("There is no such task."))
            return cleaned
        responses = [candidate.response.uid for candidate in _candidates(task)]
        cleaned |= {"task": task, "responses": responses, "tiers": None}
        if cleaned.get("ranking"):
            try:
                places = parse_ranking(cleaned["ranking"], places=len(responses))
            except ValidationError as error:
                self.add_error("ranking", error)
                return cleaned
            cleaned["tiers"] = [[responses[int(place) - 1] for place in tier] for tier in places]
        return cleaned


def _task(uid: Any) -> Task | None:
    try:
        return Task.objects.select_related("project", "prompt__thread").filter(uid=uid).first()
    except ValidationError:  # no uid at all
        return None


def _candidates(task: Task) -> list[Any]:
    return list(task.candidate_set.select_related("response").order_by("ordinal"))


def _in_words(task: Task) -> str:
    turns = [f"{turn['role'].upper()}: {turn['content']}" for turn in task.about.thread.messages]
    answers = [
        f"[{place}] {candidate.response.text}"
        for place, candidate in enumerate(_candidates(task), start=1)
    ]
    return "\n\n".join([*turns, *answers])


@admin.register(GoldItem)
class GoldItemAdmin(ServiceAdmin):
    list_display = ("uid", "project", "use", "created_at", "retired_at")
    list_filter = ("use", "project")
    list_select_related = ("project",)
    ordering = ("-id",)
    actions = ("retire",)  # type: ignore[assignment]  # the others have none

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else GoldItemForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("task_uid", "shown", "use", "ranking", "explanation")
        return ("project", "task", "use", "tiers", "explanation", "created_at", "retired_at")

    def save_model(self, request: HttpRequest, obj: GoldItem, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = create_gold_item(
            project=given["task"].project,
            use=given["use"],
            tiers=given["tiers"],
            responses=given["responses"],
            explanation=given["explanation"],
        )
        obj.pk, obj.uid = made.pk, made.uid

    @admin.action(description=_("Give the chosen items to nobody any more"), permissions=["add"])
    def retire(self, request: HttpRequest, queryset: Any) -> None:
        for item in queryset:
            retire_gold_item(item=item)


@admin.register(QualificationAttempt)
class QualificationAttemptAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "labeler", "number", "score", "passed", "started_at")
    list_filter = ("passed", "project")
    list_select_related = ("project", "labeler")
    ordering = ("-id",)


@admin.register(LabelerStanding)
class LabelerStandingAdmin(ServiceAdmin):
    """A decision on somebody: pause them, let them work, or grant one more try (training)."""

    list_display = ("id", "project", "labeler", "state", "changed_at")
    list_filter = ("state", "project")
    list_select_related = ("project", "labeler")
    ordering = ("-id",)
    fields = ("project", "labeler", "state", "reason")
    raw_id_fields = ("labeler",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("project", "labeler") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: LabelerStanding, form: Any, change: bool
    ) -> None:
        made = decide(
            project=obj.project,
            labeler=obj.labeler,
            state=obj.state,
            reason=obj.reason,
            decided_by=cast(User, request.user),
        )
        obj.pk = made.pk


@admin.register(GuidelineReading)
class GuidelineReadingAdmin(ReadOnlyAdmin):
    list_display = ("id", "version", "labeler", "read_at")
    list_select_related = ("version__project", "labeler")
    ordering = ("-id",)
