"""Local models in memory: each base once, with the LoRA adapters that its generators name.

Imports torch; only `transformers.py` beside it imports this, when a local model is first asked.
Models come from the local folder or hub cache; the hub itself is asked only if it is among
CONCORD_ALLOWED_HUB_HOSTS. Only safetensors are read and no code of a model is run.
"""

import gc
import hashlib
import itertools
import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import huggingface_hub
import torch
import transformers
from django.conf import settings
from safetensors import SafetensorError

from collector.generation.providers import transformers_precision as precisions
from collector.generation.providers.base import Permanent
from common.outgoing.guard import Guard, place_of
from common.outgoing.hub import keep_hub_to

ADAPTERS_AT_MOST = 16
"""For each base; the one used longest ago makes room."""
_GIB = 1 << 30
_WEIGHTS = "adapter_model.safetensors"
_UNFIT = (OSError, ValueError, TypeError, KeyError, RuntimeError)
_numbers = itertools.count(1)  # a name is never used again, so a file read anew is not the old one


class Key(NamedTuple):
    """What makes two generators share one base."""

    model: str
    precision: str


@dataclass(frozen=True)
class LocalModel:
    """A model ready to be asked with its tokenizer, and what says which model it was."""

    tokenizer: Any
    model: Any
    meta: dict[str, str]


@dataclass(frozen=True)
class _Adapter:
    name: str
    sha256: str
    tokenizer: Any
    """None: the base's own."""


@dataclass
class _Base:
    tokenizer: Any
    model: Any
    size: int
    """Bytes of the weights."""
    commit: str | None
    """The hub's, where the model came from there."""
    peft: Any = None
    adapters: OrderedDict[tuple[str, int, int], _Adapter] = field(default_factory=OrderedDict)


class Shelf:
    """The models of this process, at most `memory` bytes of them. For one thread at a time."""

    def __init__(self, memory: int | None = None) -> None:
        self._memory = memory
        self._bases: OrderedDict[Key, _Base] = OrderedDict()

    def held(self) -> list[Key]:
        """The bases in memory, the one used longest ago first."""
        return list(self._bases)

    def take(self, *, model: str, precision: str = "", adapter: str = "") -> LocalModel:
        """The base with that adapter in force, or with none; loaded if it is not here.

        Permanent if it cannot be loaded, or is larger than the memory there is for models.
        """
        key = Key(model, precisions.chosen(precision))
        if key not in self._bases:
            self._bases[key] = self._loaded(key)
        self._bases.move_to_end(key)
        base = self._bases[key]
        meta = {"precision": key.precision} | ({"commit": base.commit} if base.commit else {})
        if not adapter:
            _switch_off(base)
            return LocalModel(base.tokenizer, base.model, meta)
        try:
            found = _adapter(base, Path(adapter))
        except (*_UNFIT, SafetensorError) as error:
            # What peft raises for broken files and other models' adapters. Half of it may be in.
            del self._bases[key]
            raise Permanent(f"{adapter}: {error}") from error
        return LocalModel(
            found.tokenizer or base.tokenizer, base.model, meta | {"adapter_sha256": found.sha256}
        )

    def _loaded(self, key: Key) -> _Base:
        here = {"local_files_only": not _may_ask_hub()}
        tokenizer = transformers.AutoTokenizer.from_pretrained(key.model, **here)
        config = transformers.AutoConfig.from_pretrained(key.model, **here)
        self._make_room(key.model, _parameters(config) * precisions.WIDTH[key.precision])
        model = precisions.load(key.model, key.precision, **here)
        size = sum(part.nbytes for part in (*model.parameters(), *model.buffers()))
        return _Base(tokenizer, model, size, getattr(config, "_commit_hash", None))

    def _make_room(self, model: str, size: int) -> None:
        memory = self._memory or _memory()
        if size > memory:
            raise Permanent(
                f"{model} needs {size / _GIB:.1f} GiB; local models have {memory / _GIB:.1f} GiB "
                "here (CONCORD_LOCAL_MODEL_GIB)."
            )
        while self._bases and size + sum(base.size for base in self._bases.values()) > memory:
            self._bases.popitem(last=False)
            gc.collect()  # models hold cycles, and the next one needs the room now
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


shelf = Shelf()


def _may_ask_hub() -> bool:
    """Whether the operator allows the hub; if so, the guard watches where its library goes."""
    guard = Guard(settings.CONCORD_ALLOWED_HUB_HOSTS, setting="CONCORD_ALLOWED_HUB_HOSTS")
    allowed = guard.allows(place_of(huggingface_hub.constants.ENDPOINT))
    if allowed:
        keep_hub_to(guard)
    return allowed


def _memory() -> int:
    """What the operator set, else half of what the machine (its GPU, where there is one) has."""
    if settings.CONCORD_LOCAL_MODEL_GIB:
        return int(settings.CONCORD_LOCAL_MODEL_GIB * _GIB)
    if torch.cuda.is_available():
        return int(torch.cuda.get_device_properties(0).total_memory) // 2
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _parameters(config: Any) -> int:
    """How many parameters such a model has, without making it."""
    of_any_kind: Any = transformers.AutoModelForCausalLM
    with torch.device("meta"):
        model = of_any_kind.from_config(config)
    return sum(parameter.numel() for parameter in model.parameters())


def _switch_off(base: _Base) -> None:
    if base.peft is not None:
        base.peft.base_model.disable_adapter_layers()


def _adapter(base: _Base, folder: Path) -> _Adapter:
    """The adapter of that folder, in force on its base; read anew if its file has changed."""
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise Permanent(f"There is no LoRA adapter in {folder} ({_WEIGHTS}).")
    stat = weights.stat()
    version = (str(folder), stat.st_mtime_ns, stat.st_size)
    if version not in base.adapters:
        base.adapters[version] = _read(base, folder, name=f"adapter-{next(_numbers)}")
    base.adapters.move_to_end(version)
    found = base.adapters[version]
    base.peft.base_model.enable_adapter_layers()
    base.peft.set_adapter(found.name)
    while len(base.adapters) > ADAPTERS_AT_MOST:
        base.peft.delete_adapter(base.adapters.popitem(last=False)[1].name)
    return found


def _read(base: _Base, folder: Path, *, name: str) -> _Adapter:
    peft = precisions.library("peft")
    config = peft.PeftConfig.from_pretrained(str(folder))
    if config.peft_type != peft.PeftType.LORA:
        raise Permanent(f"{folder} holds a {config.peft_type.value} adapter; LoRA ones are read.")
    config.inference_mode = True
    if base.peft is None:
        base.peft = peft.PeftModel(base.model, config, adapter_name=name)
    device = str(base.model.device)
    result = base.peft.load_adapter(str(folder), adapter_name=name, torch_device=device)
    if result.missing_keys or result.unexpected_keys:
        raise ValueError("this adapter was made for another model")
    base.peft.eval()
    tokenizer = None
    if (folder / "tokenizer_config.json").is_file():
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    digest = hashlib.sha256((folder / _WEIGHTS).read_bytes()).hexdigest()
    return _Adapter(name, digest, tokenizer)
