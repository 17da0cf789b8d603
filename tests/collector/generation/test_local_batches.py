"""Requests that a local model answers together get the answers that they get one by one."""

import asyncio
import importlib.util
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from collector.generation.providers.base import Completion, Permanent, Request, Turn
from collector.generation.providers.transformers import INSTALL, TransformersProvider
from collector.models import GeneratorRevision
from tests.collector.generation.tiny_models import WINDOW, save_model, save_tokenizer
from tests.loops import run_apart

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None,
        reason=f"no torch here: install local models with `{INSTALL}`",
    ),
]
PROMPTS = ["Why?", "Why is the sky blue?", "Because of the air. " * 3, "Is the sky the air?"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("tiny"))


class Forwards:
    """Counts how many rows went through the model at each step."""

    def __init__(self, model: Any) -> None:
        self.rows: list[int] = []
        self._hook = model.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, module: Any, args: Any, kwargs: Any) -> None:
        self.rows.append(kwargs["input_ids"].shape[0])

    def remove(self) -> None:
        self._hook.remove()


@pytest.fixture
def forwards(tiny: Path) -> Iterator[Forwards]:
    counted = Forwards(loaded(tiny).model)
    yield counted
    counted.remove()


def loaded(folder: Path, **how: Any) -> Any:
    from collector.generation.providers.transformers_models import shelf

    return shelf.take(model=str(folder), **how)


def requests(parameters: dict[str, Any], prompts: Sequence[str] = PROMPTS) -> list[Request]:
    return [
        Request(
            prompt_id=1,
            sample_index=index,
            messages=[Turn(role="user", content=prompt)],
            parameters=parameters | {"seed": parameters.get("seed", 0) + index},
        )
        for index, prompt in enumerate(prompts)
    ]


def answers(
    tiny: Path, parameters: dict[str, Any], asked: list[Request], *, concurrency: int
) -> list[Completion]:
    replies = outcomes(tiny, parameters, asked, concurrency=concurrency)
    assert [reply for reply in replies if not isinstance(reply, Completion)] == []
    return [reply for reply in replies if isinstance(reply, Completion)]


def outcomes(
    tiny: Path, parameters: dict[str, Any], asked: list[Request], *, concurrency: int
) -> list[Completion | BaseException]:
    async def ask() -> list[Completion | BaseException]:
        provider = opened(tiny, parameters, concurrency=concurrency)
        replies = await asyncio.gather(*map(provider.generate, asked), return_exceptions=True)
        await provider.close()
        return replies

    return run_apart(ask())


def opened(tiny: Path, parameters: dict[str, Any], *, concurrency: int) -> TransformersProvider:
    revision = GeneratorRevision(
        provider="transformers",
        model=str(tiny),
        parameters=parameters,
        limits={"concurrency": concurrency},
    )
    return TransformersProvider(revision)


def test_what_waits_is_answered_in_one_batch(tiny: Path, forwards: Forwards) -> None:
    parameters = {"temperature": 0, "max_tokens": 3}
    assert len(answers(tiny, parameters, requests(parameters) * 2, concurrency=8)) == 8
    assert forwards.rows == [8] * len(forwards.rows)
    assert 1 <= len(forwards.rows) <= 3


@pytest.mark.parametrize(
    "parameters",
    [
        {"temperature": 1.5, "max_tokens": 16, "seed": 5},
        {"temperature": 0.8, "top_p": 0.9, "top_k": 40, "max_tokens": 16, "seed": 5},
        {"min_p": 0.002, "repetition_penalty": 1.2, "max_tokens": 16, "seed": 5},
        {"temperature": 0, "max_tokens": 16},
    ],
)
def test_an_answer_is_the_same_whatever_it_is_batched_with(
    parameters: dict[str, Any], tiny: Path
) -> None:
    asked = requests(parameters)
    one_by_one = answers(tiny, parameters, asked, concurrency=1)
    together = answers(tiny, parameters, asked, concurrency=4)
    turned = answers(tiny, parameters, asked[::-1], concurrency=3)[::-1]
    texts = [reply.text for reply in one_by_one]
    assert [reply.text for reply in together] == texts
    assert [reply.text for reply in turned] == texts
    assert [reply.output_tokens for reply in together] == [
        reply.output_tokens for reply in one_by_one
    ]
    assert len(set(texts)) == 4


def test_draws_follow_the_models_own_distribution(tiny: Path) -> None:
    """2,000 first tokens against the softmax of the model, at a temperature and a top-k."""
    import torch

    from collector.generation.providers import transformers_sampling as sampling

    local = loaded(tiny)
    tokens = sampling.encode(local.tokenizer, [Turn(role="user", content="Why?")])
    rows = [sampling.Row(tokens=tokens, seed=seed) for seed in range(2000)]
    how = sampling.Sampling(max_tokens=1, temperature=0.05, top_k=5)
    with torch.inference_mode():
        logits = local.model(input_ids=torch.tensor([tokens])).logits[0, -1].float()
    best = torch.topk(logits / 0.05, 5)
    expected = torch.softmax(best.values, dim=0)
    names = [local.tokenizer.decode([token], skip_special_tokens=True) for token in best.indices]
    written = sampling.write(model=local.model, tokenizer=local.tokenizer, rows=rows, how=how)
    drawn = [row.text for row in written]
    assert set(drawn) <= set(names)
    shares: Counter[str] = Counter()
    for name, share in zip(names, expected.tolist(), strict=True):
        shares[name] += share  # two tokens may read alike
    assert len(shares) >= 3
    for name, share in shares.items():
        assert drawn.count(name) / 2000 == pytest.approx(share, abs=0.05)


def test_a_stop_text_ends_its_own_row_only_and_is_left_out(tiny: Path) -> None:
    parameters: dict[str, Any] = {"temperature": 1.5, "max_tokens": 24, "seed": 11}
    free = answers(tiny, parameters, requests(parameters), concurrency=4)
    stop = free[1].text[5:8]
    assert stop
    stopped = answers(tiny, parameters | {"stop": stop}, requests(parameters), concurrency=4)
    ended = free[1].text.index(stop)
    assert stopped[1].text == free[1].text[:ended]
    assert stopped[1].finish_reason == "stop"
    assert stopped[1].output_tokens is not None
    assert free[1].output_tokens is not None
    assert stopped[1].output_tokens < free[1].output_tokens
    others = [place for place in range(4) if stop not in free[place].text]
    assert others
    assert [stopped[place].text for place in others] == [free[place].text for place in others]


def test_a_reply_that_ends_with_its_last_allowed_token_is_complete(tiny: Path) -> None:
    parameters: dict[str, Any] = {"temperature": 1.5, "max_tokens": 24, "seed": 11}
    whole = answers(tiny, parameters, requests(parameters), concurrency=4)[1]
    first_five = answers(tiny, parameters | {"max_tokens": 5}, requests(parameters), concurrency=4)[
        1
    ]
    assert (first_five.finish_reason, first_five.output_tokens) == ("length", 5)
    stop = first_five.text[-2:]
    ended = answers(
        tiny, parameters | {"max_tokens": 5, "stop": stop}, requests(parameters), concurrency=4
    )[1]
    assert ended.finish_reason == "stop"
    assert whole.text.startswith(ended.text)


def test_one_prompt_that_cannot_be_asked_keeps_no_other_from_it(tiny: Path) -> None:
    parameters = {"temperature": 0, "max_tokens": 8}
    asked = requests(parameters, ["Why?", "air " * WINDOW, "Is the sky blue?"])
    one, two, three = outcomes(tiny, parameters, asked, concurrency=3)
    assert isinstance(one, Completion)
    assert isinstance(two, Permanent)
    assert f"over the model's window of {WINDOW}" in str(two)
    assert isinstance(three, Completion)


def test_who_no_longer_waits_costs_no_more_tokens(tiny: Path, forwards: Forwards) -> None:
    parameters = {"temperature": 1.5, "max_tokens": 90}
    begun, gone = threading.Event(), threading.Event()

    def hold(*_: Any) -> None:
        begun.set()
        gone.wait(timeout=30)

    async def ask() -> None:
        provider = opened(tiny, parameters, concurrency=2)
        asked = [asyncio.create_task(provider.generate(request)) for request in pair]
        await asyncio.to_thread(begun.wait, 30)
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)
        gone.set()
        await provider.close()

    pair = requests(parameters)[:2]
    handle = loaded(tiny).model.register_forward_pre_hook(hold)
    run_apart(ask())
    handle.remove()
    assert forwards.rows == [2]


def test_where_memory_is_too_small_for_a_batch_it_is_halved(tiny: Path, forwards: Forwards) -> None:
    import torch

    def small(module: Any, args: Any, kwargs: Any) -> None:
        if kwargs["input_ids"].shape[0] > 2:
            raise torch.OutOfMemoryError

    parameters = {"temperature": 0, "max_tokens": 4}
    expected = answers(tiny, parameters, requests(parameters), concurrency=4)
    handle = loaded(tiny).model.register_forward_pre_hook(small, with_kwargs=True)
    halved = answers(tiny, parameters, requests(parameters), concurrency=4)
    handle.remove()
    assert [reply.text for reply in halved] == [reply.text for reply in expected]
    assert max(forwards.rows[-4:]) == 2


def test_a_precision_is_computed_in_or_refused(tiny: Path) -> None:
    import torch

    from collector.generation.providers.transformers_precision import chosen

    if torch.cuda.is_available():
        pytest.skip("what a processor can and cannot is tested on machines without a GPU")
    assert loaded(tiny).meta == {"precision": "float32"}
    assert loaded(tiny).model.dtype == torch.float32
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        assert loaded(tiny, precision="bfloat16").model.dtype == torch.bfloat16
    else:
        with pytest.raises(Permanent, match="does not compute in bfloat16"):
            loaded(tiny, precision="bfloat16")
    with pytest.raises(Permanent, match="float16 needs a GPU"):
        chosen("float16")


def test_weights_in_eight_bits_say_nearly_the_same_in_less_memory(tiny: Path) -> None:
    import torch

    from collector.generation.providers.transformers_precision import Int8Linear

    full, small = loaded(tiny).model, loaded(tiny, precision="int8").model
    layers = [part for part in small.modules() if isinstance(part, Int8Linear)]
    assert len(layers) == 2 * 7  # all but the one that chooses the words
    assert {layer.weight.dtype for layer in layers} == {torch.int8}
    ids = torch.arange(40)[None]
    with torch.inference_mode():
        exact, near = full(input_ids=ids).logits, small(input_ids=ids).logits
    assert (near - exact).norm() / exact.norm() < 0.02
    parameters = {"temperature": 0, "max_tokens": 4, "precision": "int8"}
    assert len(answers(tiny, parameters, requests(parameters), concurrency=4)) == 4


def test_a_model_without_layers_for_eight_bits_is_refused(tmp_path: Path) -> None:
    import transformers

    save_tokenizer(tmp_path)
    config = transformers.GPT2Config(vocab_size=300, n_embd=8, n_layer=1, n_head=1, n_positions=16)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path)
    with pytest.raises(Permanent, match="has no layers that int8 makes smaller"):
        loaded(tmp_path, precision="int8")


def test_a_batch_that_fails_fails_for_all_who_wait(tmp_path: Path) -> None:
    found = outcomes(tmp_path / "nothing", {}, requests({}), concurrency=4)
    assert len(found) == 4
    assert all(isinstance(outcome, Permanent) for outcome in found)
