"""Addresses that a project tells of its events: a list, and one with what it was told."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from collector.events import EVENTS
from collector.models import Project, Webhook
from collector.services.webhooks import (
    MOST_WEBHOOKS,
    change_webhook,
    create_webhook,
    rotate_secret,
    secret_of,
    send_test,
)
from common.errors import DomainError
from dashboard.forms import PageForm
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.settings import sections_of

DELIVERIES = 25  # a page


class EventsForm(PageForm):
    """Of what a webhook is told."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, event.words) for name, event in EVENTS.items()],
        widget=forms.CheckboxSelectMultiple,
    )


class WebhookForm(EventsForm):
    """A new webhook."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Its host is one that the operator has allowed."),
        widget=forms.URLInput(),
    )
    field_order = ("url", "events")


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def webhooks(request: HttpRequest, project: Project) -> HttpResponse:
    """All of them, and a form for one more, whose secret is shown once it is made."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_webhook(project=project, user=user_of(request), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The webhook was made."))
            return _shown(request, project, made, secret=secret_of(made))
    return page(
        request,
        "dashboard/webhooks.html",
        title=_("Webhooks"),
        project=project,
        form=form,
        sections=sections_of(request, project),
        webhooks=list(project.webhooks.order_by("pk")),
        most=MOST_WEBHOOKS,
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def webhook(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """What it is told of, and what it was told; sent, it is told of other events."""
    found = get_object_or_404(Webhook, project=project, uid=uid)
    if request.method != "POST":
        return _shown(request, project, found)
    form = EventsForm(request.POST)
    if form.is_valid():
        change_webhook(webhook=found, events=form.cleaned_data["events"])
        messages.success(request, _("Saved."))
        return redirect("admin:webhook", project.slug, found.uid)
    return _shown(request, project, found, form=form)


@require_POST
@of_project
def switch(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """On or off."""
    found = get_object_or_404(Webhook, project=project, uid=uid)
    change_webhook(webhook=found, enabled=not found.enabled)
    words = _("It is switched on.") if found.enabled else _("It is switched off.")
    messages.success(request, words)
    return redirect("admin:webhook", project.slug, found.uid)


@require_POST
@of_project
def test(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Send it a message that says nothing."""
    found = get_object_or_404(Webhook, project=project, uid=uid)
    try:
        send_test(webhook=found)
        messages.success(request, _("A test message is on its way. Load the page again to see."))
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("admin:webhook", project.slug, found.uid)


@require_POST
@of_project
def rotate(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """A new secret, shown this once."""
    found = rotate_secret(webhook=get_object_or_404(Webhook, project=project, uid=uid))
    messages.success(request, _("The old secret is no longer used."))
    return _shown(request, project, found, secret=secret_of(found))


@require_POST
@of_project
def delete(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Tell the address nothing more, and forget what it was told."""
    get_object_or_404(Webhook, project=project, uid=uid).delete()
    messages.success(request, _("The webhook was deleted."))
    return redirect("admin:webhooks", project.slug)


@sensitive_variables("secret")
def _shown(
    request: HttpRequest,
    project: Project,
    found: Webhook,
    *,
    form: EventsForm | None = None,
    secret: str = "",
) -> HttpResponse:
    deliveries, more = _deliveries(request, found)
    known = [event for event in found.events if event in EVENTS]
    return page(
        request,
        "dashboard/webhook.html",
        title=_("Webhook"),
        project=project,
        sections=sections_of(request, project),
        webhook=found,
        form=form or EventsForm(initial={"events": known}),
        secret=secret,
        deliveries=deliveries,
        more=more,
        status=400 if form else 200,
    )


def _deliveries(request: HttpRequest, found: Webhook) -> tuple[list[Any], bool]:
    """The newest, or those before one that the address names."""
    rows = found.deliveries.order_by("-pk")
    before = request.GET.get("before", "")
    if before:
        try:
            rows = rows.filter(pk__lt=get_object_or_404(found.deliveries, uid=UUID(before)).pk)
        except ValueError:
            rows = rows.none()
    newest = list(rows[: DELIVERIES + 1])
    return newest[:DELIVERIES], len(newest) > DELIVERIES
