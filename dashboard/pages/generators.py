"""Generators: the models that answer prompts, tried out, changed, paused and let go on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from collector.models import Generator, GeneratorRevision, Project
from collector.selectors import newest_revisions, revisions_of
from collector.services.breaker import pause_generator, unpause_generator
from collector.services.generators import (
    change_generator,
    check_may_change,
    create_generator,
    may_change,
)
from collector.services.run_errors import errors_of_generator, recent_errors
from collector.services.trials import can_be_tried, check_may_try, try_generator
from common.errors import DomainError, NotFound
from common.money import plain
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.generators_forms import GeneratorForm

MOST_LISTED = 200  # that ask a model; of the recorded ones as many
RECORDED = Generator.Provider.RECORDED


@dataclass(frozen=True, slots=True)
class Row:
    """A generator of the list; `error` is the last of the project's recent runs."""

    revision: GeneratorRevision
    price: str
    error: Mapping[str, Any] | None
    may_change: bool


@require_safe
@of_project
def generators(request: HttpRequest, project: Project) -> HttpResponse:
    """Those that ask a model, the newest first; then the names that came with files."""
    newest = newest_revisions().values("pk")
    found = GeneratorRevision.objects.filter(pk__in=newest).select_related("generator")
    found = found.order_by("-generator_id")
    asking = list(found.exclude(provider=RECORDED)[: MOST_LISTED + 1])
    recorded = list(found.filter(provider=RECORDED)[: MOST_LISTED + 1])
    errors = recent_errors(project=project, revisions=asking)
    user = user_of(request)
    return page(
        request,
        "dashboard/generators.html",
        title=_("Generators"),
        project=project,
        rows=[_row(each, errors, user) for each in asking[:MOST_LISTED]],
        recorded=[each.generator.name for each in recorded[:MOST_LISTED]],
        most=MOST_LISTED,
        more=max(len(asking), len(recorded)) > MOST_LISTED,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def new(request: HttpRequest, project: Project) -> HttpResponse:
    """Name a model and say how it is asked."""
    form = GeneratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = create_generator(
                name=data["name"],
                provider=data["provider"],
                user=user_of(request),
                **form.settings(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s was made.") % {"name": made.name})
            return _saved(request, project, made)
    return _form_page(request, project, form, _("New generator"))


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def edit(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Say otherwise how it is asked, which makes a new revision."""
    revision = _in_force(uid)
    generator = revision.generator
    check_may_change(generator, user_of(request), in_force=revision)
    known = None if revision.provider == RECORDED else revision
    form = GeneratorForm(request.POST or None, revision=known, name=generator.name)
    if request.method == "POST" and form.is_valid():
        try:
            after = change_generator(
                generator=generator,
                user=user_of(request),
                provider=form.cleaned_data["provider"],
                **form.settings(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _changed(revision, after))
            return _saved(request, project, generator)
    title = _("Change %(name)s") % {"name": generator.name}
    return _form_page(request, project, form, title, generator=generator)


@require_safe
@of_project
def generator(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """How it is asked, whether it is, what went wrong lately, and what the last test brought."""
    revision = _in_force(uid)
    user = user_of(request)
    return page(
        request,
        "dashboard/generator.html",
        title=revision.generator.name,
        project=project,
        generator=revision.generator,
        revision=revision,
        settings=_settings(revision),
        price=_price(revision),
        revisions=revisions_of(generator=revision.generator),
        can_be_tried=can_be_tried(revision),
        errors=errors_of_generator(project=project, generator=revision.generator),
        trial=request.session.pop(_trial_key(uid), None),
        may_change=may_change(revision.generator, user, in_force=revision),
    )


@require_POST
@of_project
def test(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Ask the model once; the page shows what came."""
    _try(request, project, _in_force(uid).generator)
    return redirect("admin:generator", project.slug, uid)


@require_POST
@of_project
def switch(request: HttpRequest, project: Project, uid: UUID, what: str) -> HttpResponse:
    """Pause it, let it go on, switch it off for new runs or on again."""
    found = _in_force(uid).generator
    done = _SWITCHES.get(what)
    if done is None:
        raise NotFound(_("There is no such page."))
    check_may_change(found, user_of(request))
    done[0](found, user_of(request))
    messages.success(request, done[1]() % {"name": found.name})
    return redirect("admin:generator", project.slug, uid)


def _enable(enabled: bool) -> Callable[[Generator, User], object]:
    return lambda found, user: change_generator(generator=found, user=user, enabled=enabled)


_SWITCHES: dict[str, tuple[Callable[[Generator, User], object], Callable[[], str]]] = {
    "pause": (
        lambda found, user: pause_generator(generator=found),
        lambda: _("%(name)s is paused. What runs owe stays owed."),
    ),
    "unpause": (
        lambda found, user: unpause_generator(generator=found),
        lambda: _("%(name)s is asked again."),
    ),
    "disable": (_enable(False), lambda: _("New runs cannot ask %(name)s any more.")),
    "enable": (_enable(True), lambda: _("New runs can ask %(name)s.")),
}


def _in_force(uid: UUID) -> GeneratorRevision:
    found = newest_revisions().filter(generator__uid=uid).first()
    if found is None:
        raise NotFound(_("There is no such generator."))
    return found


def _row(revision: GeneratorRevision, errors: Mapping[int, Mapping[str, Any]], user: User) -> Row:
    return Row(
        revision,
        _price(revision),
        errors.get(revision.generator_id),
        may_change(revision.generator, user, in_force=revision),
    )


def _form_page(
    request: HttpRequest, project: Project, form: GeneratorForm, title: str, **context: Any
) -> HttpResponse:
    status = 400 if form.errors else 200
    return page(
        request,
        "dashboard/generator_form.html",
        title=title,
        project=project,
        form=form,
        status=status,
        **context,
    )


def _saved(request: HttpRequest, project: Project, saved: Generator) -> HttpResponse:
    if request.POST.get("then") == "test":
        _try(request, project, saved)
    return redirect("admin:generator", project.slug, saved.uid)


def _try(request: HttpRequest, project: Project, tried: Generator) -> None:
    """Keep what the test brought for the page that is shown next."""
    try:
        check_may_try(tried, user_of(request))
        trial = try_generator(generator=tried, project=project)
    except DomainError as error:
        messages.warning(request, error.detail)
        return
    names = ("ok", "text", "finish_reason", "model", "input_tokens", "output_tokens", "latency_ms")
    told = {name: getattr(trial, name) for name in (*names, "error", "advice")}
    cost = None if trial.cost is None else plain(trial.cost)
    request.session[_trial_key(tried.uid)] = {**told, "cost": cost}


def _trial_key(uid: UUID) -> str:
    return f"trial of {uid}"


def _changed(before: GeneratorRevision, after: GeneratorRevision) -> str:
    if after.pk == before.pk:
        return _("Nothing was changed: the settings are those of revision %(number)d.") % {
            "number": after.number
        }
    return _(
        "Revision %(number)d is in force. Runs under way go on with the revision they began with."
    ) % {"number": after.number}


def _price(revision: GeneratorRevision) -> str:
    prices = revision.prices
    if not prices:
        return ""
    if not prices.get("input") and not prices.get("output"):
        return _("free")
    return _("$%(input)s read, $%(output)s written") % {
        "input": f"{prices.get('input', 0):g}",
        "output": f"{prices.get('output', 0):g}",
    }


def _settings(revision: GeneratorRevision) -> list[tuple[str, Any]]:
    """What the revision says beside model and server, in the words of the form."""
    form = GeneratorForm(revision=revision)
    passed_over = {
        *("name", "provider", "model", "base_url", "key", "system_prompt", "batch"),
        *("price_input", "price_output"),
    }
    return [
        (str(form.fields[name].label), value)
        for name, value in form.initial.items()
        if name not in passed_over and value not in (None, "", False)
    ]
