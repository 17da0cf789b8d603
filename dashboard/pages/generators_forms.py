"""The form of a generator: how a model is asked, a field for each setting."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.generation.costs import FREE_PROVIDERS
from collector.generation.parameters import (
    LIMITS,
    PARAMETERS,
    PRECISIONS,
    PRICES,
    Rule,
    check,
    parameters_of,
)
from collector.generation.providers import known_providers
from collector.models import Generator, GeneratorRevision
from collector.services.generators import Settings
from common.errors import DomainError, InvalidInput
from dashboard.forms import PageForm

_LIMIT_PREFIX, _PRICE_PREFIX = "limit_", "price_"
_GROUPS: tuple[tuple[str, Promise, tuple[str, ...]], ...] = (
    ("who", _("The model"), ("name", "provider", "model", "base_url", "key", "adapter")),
    (
        "answers",
        _("How it answers"),
        ("system_prompt", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed"),
    ),
    (
        "more",
        _("More sampling"),
        (
            *("top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty"),
            *("reasoning_effort", "stop", "precision"),
        ),
    ),
    ("prices", _("Prices"), ("price_input", "price_output", "batch", "price_batch")),
    (
        "limits",
        _("Protocol and pace"),
        (
            *("api", "context_window", "limit_concurrency", "limit_requests_per_minute"),
            *("limit_tokens_per_minute", "limit_timeout_seconds", "limit_attempts"),
        ),
    ),
)
_OPEN = frozenset({"who", "answers", "prices"})
SERVERS_ONLY = frozenset({"base_url", "key", "api", "batch", *(f"price_{name}" for name in PRICES)})
LOCAL_ONLY = frozenset({"adapter", "precision"})
_EVERY_PARAMETER = {name: rule for rules in PARAMETERS.values() for name, rule in rules.items()}


def _number(label: Any, help_text: Any = "", **bounds: Any) -> forms.FloatField:
    field = forms.FloatField(label=label, help_text=help_text, required=False, **bounds)
    field.widget.attrs["step"] = "any"
    return field


def _whole(label: Any, help_text: Any = "", **bounds: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, required=False, **bounds)


class GeneratorForm(PageForm):
    """Fields that are left empty are not sent: the server's own defaults hold."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("How this model is called in figures and files. It cannot be changed later."),
    )
    provider = forms.ChoiceField(label=_("Asked through"))
    model = forms.CharField(
        label=_("Model"),
        max_length=300,
        help_text=_("As the server calls it; for a local model, its name or folder."),
    )
    base_url = forms.CharField(
        label=_("Address of the server"),
        max_length=500,
        required=False,
        help_text=_(
            "For instance http://vllm:8000/v1. Empty: OpenAI itself. The operator says which"
            " servers may be asked."
        ),
    )
    key = forms.ChoiceField(
        label=_("Key"),
        required=False,
        help_text=_("Keys are declared by the operator and go to one server only."),
    )
    adapter = forms.CharField(
        label=_("LoRA adapter"),
        max_length=300,
        required=False,
        help_text=_("The folder of an adapter over the local model."),
    )
    system_prompt = forms.CharField(
        label=_("System prompt"),
        required=False,
        strip=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands before every conversation."),
    )
    max_tokens = _whole(
        _("Longest answer, in tokens"),
        _("What is longer is cut off. Budgets need it where answers cost money."),
        min_value=1,
    )
    max_completion_tokens = _whole(
        _("Longest answer with reasoning"),
        _("In tokens, for servers that ask for max_completion_tokens."),
        min_value=1,
    )
    temperature = _number(
        _("Temperature"), _("0 to 2. Higher answers differ more from each other.")
    )
    top_p = _number(_("Top p"), _("0 to 1. Only the likeliest tokens of this share are drawn."))
    seed = _whole(_("Seed"), _("The n-th sample of a prompt is asked with the seed plus n."))
    top_k = _whole(_("Top k"), _("Only so many of the likeliest tokens are drawn."))
    min_p = _number(_("Min p"), _("Tokens less likely than this share of the best are not drawn."))
    repetition_penalty = _number(_("Repetition penalty"), _("Over 1: repeats itself less."))
    presence_penalty = _number(_("Presence penalty"), _("−2 to 2."))
    frequency_penalty = _number(_("Frequency penalty"), _("−2 to 2."))
    reasoning_effort = forms.CharField(
        label=_("Reasoning effort"),
        max_length=32,
        required=False,
        help_text=_("For instance low, medium or high."),
    )
    stop = forms.CharField(
        label=_("Stop at"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Up to 8 texts, one a line; \\n stands for a line break."),
    )
    precision = forms.ChoiceField(
        label=_("Computed in"),
        required=False,
        choices=[("", _("what suits the machine")), *((name, name) for name in PRECISIONS)],
    )
    price_input = _number(_("Reading, US dollars a million tokens"), min_value=0)
    price_output = _number(
        _("Writing, US dollars a million tokens"),
        _("For a server of your own, set both prices to 0: without prices no budget can be kept."),
        min_value=0,
    )
    batch = forms.BooleanField(
        label=_("Ask overnight: by the server's Batch API, within a day"),
        required=False,
        help_text=_("Answers come within 24 hours and cost about half."),
    )
    price_batch = _number(
        _("Share of the prices that a batch costs"), _("Empty: 0.5."), min_value=0, max_value=1
    )
    api = forms.ChoiceField(label=_("Protocol"), choices=GeneratorRevision.Api.choices)
    context_window = _whole(
        _("Context window, in tokens"),
        _("Read and written together. Prompts that do not fit are not sent."),
        min_value=1,
    )
    limit_concurrency = _whole(_("Requests at once"))
    limit_requests_per_minute = _whole(_("Requests a minute"))
    limit_tokens_per_minute = _whole(_("Tokens a minute"))
    limit_timeout_seconds = _number(_("Seconds to wait for an answer"))
    limit_attempts = _whole(_("Attempts before a request has failed"))

    def __init__(
        self, *args: Any, revision: GeneratorRevision | None = None, name: str = "", **kwargs: Any
    ) -> None:
        self.revision = revision
        kwargs.setdefault("initial", _initial(revision))
        super().__init__(*args, **kwargs)
        if name:
            self.fields["name"].disabled = True
            self.fields["name"].help_text = ""
            self.initial["name"] = name
        self._offer()

    def _offer(self) -> None:
        """The providers and keys that there are on this server."""
        words = dict(Generator.Provider.choices)
        asking = [each for each in known_providers() if each != Generator.Provider.RECORDED]
        keys = settings.CONCORD_MODEL_KEYS.items()
        provider, key = self.fields["provider"], self.fields["key"]
        assert isinstance(provider, forms.ChoiceField)  # noqa: S101 - narrows the type
        assert isinstance(key, forms.ChoiceField)  # noqa: S101 - narrows the type
        provider.choices = [(each, words.get(each, each)) for each in asking]
        key.choices = [("", _("none")), *((alias, f"{alias} ({key.host})") for alias, key in keys)]
        kept = self.initial.get("key")
        if kept and kept not in settings.CONCORD_MODEL_KEYS:
            key.choices = [*key.choices, (kept, kept)]

    def groups(self) -> Iterator[dict[str, Any]]:
        """The sections of the form; those that are open have what most people set."""
        for group, words, names in _GROUPS:
            fields = [self[name] for name in names]
            told = any(field.errors or _is_said(field) for field in fields)
            opened = group in _OPEN or told
            yield {"words": words, "fields": fields, "open": opened}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        rules = parameters_of(cleaned.get("provider", ""), cleaned.get("api", ""))
        apart = _apart(cleaned.get("provider", ""))
        for name, value in self._said(cleaned, _EVERY_PARAMETER, "").items():
            if name not in apart:
                self._check(name, {name: value}, rules)
        for prefix, known in ((_PRICE_PREFIX, PRICES), (_LIMIT_PREFIX, LIMITS)):
            for name, value in self._said(cleaned, known, prefix).items():
                self._check(prefix + name, {name: value}, known)
        return cleaned

    def settings(self) -> Settings:
        """What `create_generator` and `change_generator` take, beside name and provider."""
        data = self.cleaned_data
        apart = _apart(data["provider"])
        data = {name: value for name, value in data.items() if name not in apart}
        return Settings(
            model=data["model"],
            base_url=data.get("base_url", ""),
            key=data.get("key", ""),
            adapter=data.get("adapter", ""),
            system_prompt=data["system_prompt"].replace("\r\n", "\n"),
            parameters=self._said(data, parameters_of(data["provider"], data.get("api", "")), ""),
            prices=self._said(data, PRICES, _PRICE_PREFIX),
            limits=self._said(data, LIMITS, _LIMIT_PREFIX),
            api=data.get("api", ""),
            batch=data.get("batch", False),
            context_window=data["context_window"],
        )

    def refuse(self, error: DomainError) -> None:
        """Say it beside its field, which here may have another name or none of its own."""
        if error.attr == "parameters":
            error = InvalidInput(error.detail)
        super().refuse(error)

    def _said(
        self, data: Mapping[str, Any], rules: Mapping[str, Rule], prefix: str
    ) -> dict[str, Any]:
        """What was filled in of these settings."""
        found = {name: data.get(prefix + name) for name in rules}
        if "stop" in found:
            found["stop"] = self._stops(data)
        return {name: value for name, value in found.items() if value not in (None, "", [])}

    def _stops(self, data: Mapping[str, Any]) -> Any:
        if self.revision is not None and "stop" not in self.changed_data:
            return self.revision.parameters.get("stop")  # one text or a list: as it was
        lines = str(data.get("stop") or "").splitlines()
        return [line.replace("\\n", "\n") for line in lines if line]

    def _check(self, field: str, value: Mapping[str, Any], rules: Mapping[str, Rule]) -> None:
        if field in self.errors:
            return
        try:
            check(value, rules, attr="parameters")
        except InvalidInput as error:
            self.add_error(field, error.detail)


def _apart(provider: str) -> frozenset[str]:
    """The fields that are not for that provider: what they hold is passed over."""
    return SERVERS_ONLY if provider in FREE_PROVIDERS else LOCAL_ONLY


def _is_said(field: BoundField) -> bool:
    return field.value() not in (None, "", False, GeneratorRevision.Api.CHAT)


def _initial(revision: GeneratorRevision | None) -> dict[str, Any]:
    if revision is None:
        return {"max_tokens": 1024, "temperature": 0.7}
    parameters = dict(revision.parameters)
    stop = parameters.get("stop", [])
    lines = [stop] if isinstance(stop, str) else stop
    plain = ("model", "base_url", "adapter", "system_prompt", "api", "batch", "context_window")
    return {
        **{name: getattr(revision, name) for name in ("provider", *plain)},
        "key": revision.key_alias,
        **parameters,
        "stop": "\n".join(line.replace("\n", "\\n") for line in lines),
        **{_PRICE_PREFIX + name: value for name, value in revision.prices.items()},
        **{_LIMIT_PREFIX + name: value for name, value in revision.limits.items()},
    }
