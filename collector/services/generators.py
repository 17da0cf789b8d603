"""Generators and their revisions."""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict, Unpack, cast

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from collector.generation.costs import FREE_PROVIDERS
from collector.generation.endpoints import checked_url, secret_for
from collector.generation.parameters import LIMITS, PRICES, check, parameters_of
from collector.generation.providers import known_providers
from collector.models import Generator, GeneratorRevision
from collector.selectors import newest_revisions
from common.errors import Conflict, InvalidInput, NotAllowed

OPENAI_URL = "https://api.openai.com/v1"
_COLUMNS = {"key": "key_alias"}  # of a revision, where settings have another name
_WINDOW_AT_MOST = 100_000_000
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # Unicode categories


class Settings(TypedDict, total=False):
    """How a model is asked, as callers say it; what is left out is as for a new generator.

    `key` is the alias of a key that the operator declared. `api` and `batch` are for servers: the
    protocol, and whether its Batch API is used. `adapter` is for local models: the folder of a LoRA
    adapter over `model`. `context_window` is in tokens, read and written together.
    """

    model: str
    base_url: str
    key: str
    system_prompt: str
    parameters: Mapping[str, Any]
    prices: Mapping[str, Any]
    limits: Mapping[str, Any]
    api: str
    batch: bool
    adapter: str
    context_window: int | None


@dataclass(frozen=True)
class _Settings:
    """What a revision fixes, checked and in the form that is stored."""

    provider: str
    model: str = ""
    base_url: str = ""
    key_alias: str = ""
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prices: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    api: str = GeneratorRevision.Api.CHAT
    batch: bool = False
    adapter: str = ""
    context_window: int | None = None

    def describe(self, revision: GeneratorRevision) -> bool:
        """Whether the revision says exactly this."""
        return all(getattr(revision, name) == value for name, value in asdict(self).items())


@transaction.atomic
def recorded_revision(*, name: str) -> GeneratorRevision:
    """The revision that stands for an author named in a file, made if it is new.

    Always the generator's first recorded one, however often the generator was revised since, so
    that importing a file again finds its texts. It may be made beside revisions that ask a model
    of that name, and does not replace them (see `newest_revisions`).
    """
    generator = Generator.objects.get_or_create(name=name)[0]
    _lock(generator)
    recorded = generator.revisions.filter(provider=Generator.Provider.RECORDED)
    return recorded.order_by("number").first() or GeneratorRevision.objects.create(
        generator=generator,
        number=_next_number(generator),
        provider=Generator.Provider.RECORDED,
        model=name,
    )


@transaction.atomic
def create_generator(
    *,
    name: str,
    provider: str,
    enabled: bool = True,
    user: User | None = None,
    **settings: Unpack[Settings],
) -> Generator:
    """The generator of that name, asking as described here.

    A new name makes the generator with revision 1. Under a name that is taken, the same settings
    change nothing and others make a new revision (see `revise_generator`, which also says what is
    refused).

    `user` is who asks, None the operator. Generators are everybody's to ask, but only whoever made
    one and superusers change it: Conflict for others who describe it otherwise than it is.
    """
    generator = Generator.objects.get_or_create(name=_checked_name(name))[0]
    _lock(generator)
    before = newest_revisions().filter(generator=generator).first()
    if user is not None and _is_unclaimed(generator, before):
        generator.created_by = user
    changed = generator.enabled != enabled
    generator.enabled = enabled
    generator.save(update_fields=["enabled", "created_by"])
    revision = revise_generator(generator=generator, provider=provider, **settings)
    if changed or revision != before:
        _check_may_change(generator, user)
    return generator


@transaction.atomic
def change_generator(
    *,
    generator: Generator,
    user: User | None,
    provider: str | None = None,
    enabled: bool | None = None,
    **settings: Unpack[Settings],
) -> GeneratorRevision:
    """The revision in force once what is given has been changed; what is left out stays.

    With another `provider`, what is left out is as for a new generator. Other settings make a new
    revision; runs under way go on with the one that they began with. `enabled` says whether new
    runs may ask. What a file has named belongs to whoever first says how to ask it. NotAllowed for
    who may not change it; InvalidInput as in `revise_generator`.
    """
    _lock(generator)
    generator.refresh_from_db()
    before = newest_revisions().filter(generator=generator).first()
    says_how = before is None or provider is not None or bool(settings)
    check_may_change(generator, user, in_force=before if says_how else None)
    if user is not None and _is_unclaimed(generator, before):
        generator.created_by = user
    if enabled is not None:
        generator.enabled = enabled
    generator.save(update_fields=["enabled", "created_by"])
    if before is not None and not says_how:
        return before
    in_force = before.provider if before is not None else ""
    stays = before is not None and provider in (None, in_force)
    kept = settings_of(before) if before is not None and stays else Settings()
    return revise_generator(generator=generator, provider=provider or in_force, **(kept | settings))


def settings_of(revision: GeneratorRevision) -> Settings:
    """The settings that a revision fixes, as callers say them."""
    kept = {name: getattr(revision, _COLUMNS.get(name, name)) for name in Settings.__annotations__}
    return cast(Settings, kept)


def may_change(
    generator: Generator, user: User, *, in_force: GeneratorRevision | None = None
) -> bool:
    """Whether the user may change, switch and pause the generator: its maker, and superusers.

    Given the revision in force, also whoever is the first to say how to ask what a file has named.
    """
    if user.is_superuser or generator.created_by_id == user.pk:
        return True
    return in_force is not None and _is_unclaimed(generator, in_force)


def check_may_change(
    generator: Generator, user: User | None, *, in_force: GeneratorRevision | None = None
) -> None:
    """NotAllowed unless the user may change the generator; None is the operator, who may."""
    if user is not None and not may_change(generator, user, in_force=in_force):
        raise NotAllowed(
            _("Only whoever made %(name)s and superusers change it.") % {"name": generator.name}
        )


def _is_unclaimed(generator: Generator, in_force: GeneratorRevision | None) -> bool:
    """Whether nobody has said yet how a model of that name is asked (a file may have named it)."""
    asks = in_force is not None and in_force.provider != Generator.Provider.RECORDED
    return generator.created_by_id is None and not asks


def _check_may_change(generator: Generator, user: User | None) -> None:
    if user is None or may_change(generator, user):
        return
    raise Conflict(
        _(
            "There is a generator %(name)s with other settings. Only whoever made it and"
            " superusers change it; choose another name."
        )
        % {"name": generator.name},
        attr="name",
    )


@transaction.atomic
def revise_generator(
    *, generator: Generator, provider: str, **settings: Unpack[Settings]
) -> GeneratorRevision:
    """The revision in force, which is a new one unless that already says exactly this.

    InvalidInput with the field at fault: an unknown provider, recorded for what asks a model, an
    address whose host the operator has not allowed, a key that is undeclared or bound to another
    host, an unknown parameter, what that provider knows nothing of.
    """
    _check_provider(provider)
    wanted = _checked(generator.name, provider, settings)
    _lock(generator)
    in_force = newest_revisions().filter(generator=generator).first()
    if in_force is not None and wanted.describe(in_force):
        return in_force
    if in_force is not None:
        _check_still_asks(in_force, provider)
    return GeneratorRevision.objects.create(
        generator=generator, number=_next_number(generator), **asdict(wanted)
    )


def _checked(name: str, provider: str, settings: Settings) -> _Settings:
    api = settings.get("api") or GeneratorRevision.Api.CHAT
    _check_fits_provider(provider, api, settings)
    key = settings.get("key", "")
    base_url = _checked_base_url(provider, settings.get("base_url", ""))
    if key:
        _check_key(provider, key, base_url)
    return _Settings(
        provider=provider,
        model=_checked_model(provider, settings.get("model", ""), name),
        base_url=base_url,
        key_alias=key,
        system_prompt=settings.get("system_prompt", ""),
        parameters=check(
            settings.get("parameters") or {}, parameters_of(provider, api), attr="parameters"
        ),
        prices=check(settings.get("prices") or {}, PRICES, attr="prices"),
        limits=check(settings.get("limits") or {}, LIMITS, attr="limits"),
        api=api,
        batch=settings.get("batch", False),
        adapter=settings.get("adapter", ""),
        context_window=_checked_window(settings.get("context_window")),
    )


def _check_fits_provider(provider: str, api: str, settings: Settings) -> None:
    """InvalidInput for what only servers or only local models have."""
    if api not in GeneratorRevision.Api.values:
        raise InvalidInput(
            _("There is no protocol “%(name)s” (known: %(known)s).")
            % {"name": api, "known": ", ".join(GeneratorRevision.Api.values)},
            attr="api",
        )
    only = {
        "api": (api != GeneratorRevision.Api.CHAT, Generator.Provider.OPENAI),
        "batch": (settings.get("batch", False), Generator.Provider.OPENAI),
        "adapter": (settings.get("adapter", "") != "", Generator.Provider.TRANSFORMERS),
    }
    for attr, (said, fitting) in only.items():
        if said and provider != fitting:
            raise InvalidInput(
                _("“%(field)s” is for the provider %(fitting)s only.")
                % {"field": attr, "fitting": fitting},
                attr=attr,
            )


def _checked_window(tokens: int | None) -> int | None:
    if tokens is not None and not 1 <= tokens <= _WINDOW_AT_MOST:
        raise InvalidInput(
            _("A context window has 1 to %(most)d tokens.") % {"most": _WINDOW_AT_MOST},
            attr="context_window",
        )
    return tokens


def _lock(generator: Generator) -> None:
    Generator.objects.select_for_update().get(pk=generator.pk)


def _next_number(generator: Generator) -> int:
    """For the holder of the generator's lock."""
    last: int | None = generator.revisions.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _check_provider(provider: str) -> None:
    known = known_providers()
    if provider not in known:
        raise InvalidInput(
            _("There is no provider “%(name)s” (known: %(known)s).")
            % {"name": provider, "known": ", ".join(known)},
            attr="provider",
        )


def _check_still_asks(in_force: GeneratorRevision, provider: str) -> None:
    """A recorded revision would never come into force beside one that asks a model."""
    recorded = Generator.Provider.RECORDED
    if provider == recorded != in_force.provider:
        raise InvalidInput(
            _("%(name)s asks a model; give recorded responses another name.")
            % {"name": in_force.generator.name},
            attr="provider",
        )


def _checked_name(name: str) -> str:
    """Without what reads as another name than it is: control, format and bidirectional marks."""
    name = name.strip()
    if not name or len(name) > 100:
        raise InvalidInput(_("A generator needs a name of at most 100 characters."), attr="name")
    if any(unicodedata.category(character) in _UNSEEN for character in name):
        raise InvalidInput(_("A generator's name holds visible characters only."), attr="name")
    return name


def _checked_model(provider: str, model: str, name: str) -> str:
    if provider == Generator.Provider.RECORDED:
        return model or name
    if not model or len(model) > 300:
        raise InvalidInput(_("Name the model, in at most 300 characters."), attr="model")
    return model


def _checked_base_url(provider: str, base_url: str) -> str:
    if provider == Generator.Provider.OPENAI:
        return checked_url(base_url or OPENAI_URL)
    if base_url and provider not in FREE_PROVIDERS:
        return checked_url(base_url)
    if base_url:
        raise InvalidInput(
            _("The provider %(name)s asks no server.") % {"name": provider}, attr="base_url"
        )
    return ""


def _check_key(provider: str, key: str, base_url: str) -> None:
    if provider in FREE_PROVIDERS:
        raise InvalidInput(
            _("The provider %(name)s needs no key.") % {"name": provider}, attr="key"
        )
    secret_for(alias=key, base_url=base_url)
