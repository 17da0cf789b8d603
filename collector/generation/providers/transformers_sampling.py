"""One batch through a local model: rows that draw and end each by themselves.

Imports torch; only `transformers.py` beside it imports this, when a local model is first asked.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import transformers

from collector.generation.providers.base import Permanent, Turn

MAX_TOKENS = 512
_WARPERS = ("temperature", "top_k", "top_p", "min_p")
_SMALLEST = torch.finfo(torch.float32).tiny


@dataclass(frozen=True)
class Row:
    """One response wanted. It ends early once `given_up` says that nobody waits for it any more."""

    tokens: Sequence[int]
    seed: int
    given_up: Callable[[], bool] = bool


@dataclass(frozen=True)
class Written:
    """What a row became. `finish_reason` is stop or length, as servers say."""

    text: str
    output_tokens: int
    finish_reason: str


@dataclass(frozen=True)
class Sampling:
    """How a whole batch is sampled; None is the model's own generation config."""

    max_tokens: int = MAX_TOKENS
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    stops: Sequence[str] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Sampling":
        """From a generator's parameters; what is not about sampling is passed over."""
        stop = parameters.get("stop", ())
        known = {name: parameters[name] for name in cls.__annotations__ if name in parameters}
        return cls(**known, stops=(stop,) if isinstance(stop, str) else tuple(stop))


def encode(tokenizer: Any, messages: Sequence[Turn]) -> list[int]:
    """The conversation through the chat template, up to where the model goes on."""
    if tokenizer.chat_template is None:
        raise Permanent(f"The tokenizer of {tokenizer.name_or_path} has no chat template.")
    encoded = tokenizer.apply_chat_template(
        list(messages), add_generation_prompt=True, return_dict=True
    )
    return list(encoded["input_ids"])


def refuse_overflow(model: Any, *, read: int, wanted: int) -> None:
    """Permanent if the prompt and what is to be written do not both fit the model's window."""
    window = getattr(model.config, "max_position_embeddings", None)
    if window is not None and read + wanted > window:
        raise Permanent(
            f"The prompt has {read} tokens; with {wanted} to write it is over the model's "
            f"window of {window}."
        )


def write(*, model: Any, tokenizer: Any, rows: Sequence[Row], how: Sampling) -> list[Written]:
    """The rows, answered together; in halves, where memory is too small for all of them at once.

    A row's draws come from its own seed, whatever it is batched with.
    """
    try:
        return _write(model, tokenizer, rows, how)
    except torch.OutOfMemoryError as error:
        if len(rows) == 1:
            raise Permanent("There is too little memory here for a prompt this long.") from error
    half = len(rows) // 2
    return [
        *write(model=model, tokenizer=tokenizer, rows=rows[:half], how=how),
        *write(model=model, tokenizer=tokenizer, rows=rows[half:], how=how),
    ]


def _write(model: Any, tokenizer: Any, rows: Sequence[Row], how: Sampling) -> list[Written]:
    config = _config(model, tokenizer, how)
    pad = config.pad_token_id
    longest = max(len(row.tokens) for row in rows)
    shape = (len(rows), longest)
    ids = torch.full(shape, pad, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    for place, row in enumerate(rows):  # on the left: each row is continued at its right end
        ids[place, longest - len(row.tokens) :] = torch.tensor(row.tokens)
        mask[place, longest - len(row.tokens) :] = 1
    ends = _Ends(tokenizer, rows, how, config.eos_token_id or (), longest)
    with torch.inference_mode():
        output = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=config,
            logits_processor=_processors(model, rows, how),
            stopping_criteria=transformers.StoppingCriteriaList([ends]),
        )
    return [ends.written(place, output[place]) for place in range(len(rows))]


def _config(model: Any, tokenizer: Any, how: Sampling) -> Any:
    """The model's own, but for what the rows do themselves: drawing is left to `_Draws`."""
    config = copy.deepcopy(model.generation_config)
    config.do_sample = False
    for name in _WARPERS:
        setattr(config, name, None)
    config.max_length = None
    config.max_new_tokens = how.max_tokens
    if how.repetition_penalty is not None:
        config.repetition_penalty = how.repetition_penalty
    ends = _listed(config.eos_token_id) | _listed(tokenizer.eos_token_id)
    config.eos_token_id = sorted(ends) or None
    pads = (tokenizer.pad_token_id, config.pad_token_id, *sorted(ends), 0)
    config.pad_token_id = next(pad for pad in pads if pad is not None)
    return config


def _listed(ids: int | Sequence[int] | None) -> set[int]:
    if ids is None:
        return set()
    return {ids} if isinstance(ids, int) else set(ids)


def _processors(model: Any, rows: Sequence[Row], how: Sampling) -> Any:
    """What samples, last; nothing at a temperature of 0, where the likeliest token is taken."""
    processors = transformers.LogitsProcessorList()
    own = model.generation_config
    temperature, top_k, top_p, min_p = (
        getattr(own, name) if getattr(how, name) is None else getattr(how, name)
        for name in _WARPERS
    )
    if temperature == 0:
        return processors
    if temperature is not None:
        processors.append(transformers.TemperatureLogitsWarper(float(temperature)))
    if top_k:
        processors.append(transformers.TopKLogitsWarper(top_k))
    if top_p is not None and top_p < 1:
        # A share of 0 keeps the likeliest token, as servers have it.
        processors.append(transformers.TopPLogitsWarper(max(float(top_p), 1e-6)))
    if min_p:
        processors.append(transformers.MinPLogitsWarper(float(min_p)))
    processors.append(_Draws([row.seed for row in rows], model.device))
    return processors


class _Draws(transformers.LogitsProcessor):
    """Makes the likeliest token a draw: with Gumbel noise added, argmax samples the softmax.

    Each row's noise has its own source, which the library's one random state for a batch has not.
    """

    def __init__(self, seeds: Sequence[int], device: Any) -> None:
        self._sources = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        noise = torch.empty_like(scores)
        for row, source in zip(noise, self._sources, strict=True):
            row.exponential_(generator=source)
        return scores - noise.clamp_(min=_SMALLEST).log_()


@dataclass
class _Ends(transformers.StoppingCriteria):
    """Where each row ended and why; tells the library which rows need no more tokens."""

    tokenizer: Any
    rows: Sequence[Row]
    how: Sampling
    eos: Sequence[int]
    prompt: int
    """The columns of the batch that are read and not written."""
    found: dict[int, tuple[int, str]] = field(default_factory=dict)
    """By place: tokens written and finish reason."""

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        written = input_ids.shape[1] - self.prompt
        last = input_ids[:, -1].tolist()
        for place, row in enumerate(self.rows):
            if place in self.found:
                continue
            if last[place] in self.eos or self._has_stop(input_ids[place, self.prompt :]):
                self.found[place] = written, "stop"
            elif row.given_up():
                self.found[place] = written, "length"
        done = [place in self.found for place in range(len(self.rows))]
        return torch.tensor(done, device=input_ids.device)

    def _has_stop(self, tokens: Any) -> bool:
        if not self.how.stops:
            return False
        # A character is at most 4 tokens of bytes; the last token may hold more than the stop.
        reach = 4 * max(map(len, self.how.stops)) + 4
        text = self.tokenizer.decode(tokens[-reach:], skip_special_tokens=True)
        return any(stop in text for stop in self.how.stops)

    def written(self, place: int, output: Any) -> Written:
        """The row's text, without the stop text: servers leave it out too."""
        tokens = output[self.prompt :]
        count, reason = self.found.get(place, (len(tokens), "length"))
        text = self.tokenizer.decode(tokens[:count], skip_special_tokens=True)
        places = [text.find(stop) for stop in self.how.stops if stop in text]
        return Written(text[: min(places)] if places else text, count, reason)
