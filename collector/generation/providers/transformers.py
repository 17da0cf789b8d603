"""Models that run in the worker itself, through the `transformers` library.

The conversation goes through the tokenizer's own chat template; a tokenizer without one is refused,
since any format made up here would ask the model something it was not trained on. Models come from
the local folder or hub cache; the hub itself is asked only if `huggingface.co` is an allowed host.
Only safetensors are read and no code of a model is run.
"""

import asyncio
import importlib
import importlib.util
import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from django.conf import settings

from collector.generation.providers.base import Completion, Permanent, Request
from collector.models import GeneratorRevision

INSTALL = "make local"
_MAX_TOKENS = 512
_RENAMED = {"max_tokens": "max_new_tokens", "stop": "stop_strings"}
_HUB = "huggingface.co"
_one_at_a_time = Lock()  # a model's generate() and the random state are shared by the process


@dataclass(frozen=True)
class LocalModel:
    """A tokenizer with its model."""

    tokenizer: Any
    model: Any


class TransformersProvider:
    """One request at a time: the model's own kernels use the cores."""

    concurrency = 1

    def __init__(self, revision: GeneratorRevision) -> None:
        if importlib.util.find_spec("torch") is None:
            raise Permanent(f"Local models need torch, which is not installed here (`{INSTALL}`).")
        self._model = revision.model

    async def generate(self, request: Request) -> Completion:
        return await asyncio.to_thread(self._generate, request)

    async def close(self) -> None:
        """The model stays loaded for the next task of this process."""

    def _generate(self, request: Request) -> Completion:
        with _one_at_a_time:
            try:
                local = _load(self._model)
                return _complete(local, request)
            except (OSError, ValueError, ImportError) as error:
                # What the library raises for unknown models, broken files, unusable parameters.
                raise Permanent(f"{self._model}: {error}") from error


@lru_cache(maxsize=2)
def _load(model: str) -> LocalModel:
    library = importlib.import_module("transformers")  # seconds: web and other workers never pay
    here = {"local_files_only": _HUB not in settings.CONCORD_ALLOWED_MODEL_HOSTS}
    tokenizer = library.AutoTokenizer.from_pretrained(model, **here)
    if tokenizer.chat_template is None:
        raise Permanent(f"The tokenizer of {model} has no chat template.")
    loaded = library.AutoModelForCausalLM.from_pretrained(model, use_safetensors=True, **here)
    return LocalModel(tokenizer=tokenizer, model=loaded.eval())


def _complete(local: LocalModel, request: Request) -> Completion:
    torch = importlib.import_module("torch")
    started = time.monotonic()
    inputs = local.tokenizer.apply_chat_template(
        list(request.messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
    ).to(local.model.device)
    wanted = _sampling(request.parameters)
    seed = wanted.pop("seed", None)
    torch.manual_seed(torch.seed() if seed is None else seed)
    _refuse_overflow(local, inputs["input_ids"].shape[1], wanted["max_new_tokens"])
    with torch.inference_mode():
        output = local.model.generate(**inputs, **wanted, tokenizer=local.tokenizer)
    read = inputs["input_ids"].shape[1]
    written = output[0][read:]
    return Completion(
        text=_without_stop(
            local.tokenizer.decode(written, skip_special_tokens=True), wanted.get("stop_strings")
        ),
        input_tokens=read,
        output_tokens=len(written),
        finish_reason="length" if len(written) >= wanted["max_new_tokens"] else "stop",
        latency_ms=round((time.monotonic() - started) * 1000),
    )


def _sampling(parameters: Any) -> dict[str, Any]:
    """The library's names; a temperature of 0 means the likeliest token each time."""
    wanted = {_RENAMED.get(name, name): value for name, value in parameters.items()}
    wanted.setdefault("max_new_tokens", _MAX_TOKENS)
    wanted["do_sample"] = wanted.get("temperature", 1.0) > 0
    if not wanted["do_sample"]:
        for name in ("temperature", "top_p", "top_k", "min_p"):
            wanted.pop(name, None)
    if isinstance(wanted.get("stop_strings"), str):
        wanted["stop_strings"] = [wanted["stop_strings"]]
    return wanted


def _refuse_overflow(local: LocalModel, read: int, wanted: int) -> None:
    window = getattr(local.model.config, "max_position_embeddings", None)
    if window is not None and read + wanted > window:
        raise Permanent(
            f"The prompt has {read} tokens; with {wanted} to write it is over the model's "
            f"window of {window}."
        )


def _without_stop(text: str, stops: list[str] | None) -> str:
    """Servers leave the stop text out of the reply; so does a local model."""
    places = [text.find(stop) for stop in stops or () if stop in text]
    return text[: min(places)] if places else text
