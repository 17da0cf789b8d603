"""The loaders for readers that take no file, run on an exported folder.

palm-rlhf-pytorch reads for itself. The others do not install beside it; what they take is written
down here from their sources: `Sample` and `TextGenPool` of RL4LMs 0.2.2, the arguments of
`trlx.train` 0.7.0, and what `download_labels` of lm-human-preferences makes of its JSON.
"""

import dataclasses
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from labeling.models import ResponseRating
from tests.exports.builders import judge
from tests.exports.test_loading import export
from tests.factories import make_project, make_prompt, make_response

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec).*"),
]
LOADERS = Path(__file__).parents[2] / "examples" / "loaders"
FORMATS = ("preference_text", "sft", "prompts", "unpaired", "lm_human_preferences")
TEXTS = {"Blue.": 7, "Grey.": 5, "Green?": 3, "Red.": 1}
PROMPT = "\n\nHuman: What colour\nis the sky?\n\nAssistant:"


def loader(name: str) -> ModuleType:
    """`examples/loaders/NAME.py`, imported from its file."""
    spec = importlib.util.spec_from_file_location(name, LOADERS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def encode(text: str) -> list[int]:
    return list(text.encode())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One prompt of two lines, four responses rated and ranked, shown worst first."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    project = make_project(languages=["en"])
    prompt = make_prompt(project, "What colour\nis the sky?")
    responses = [make_response(prompt, text) for text in TEXTS]
    judgment = judge(prompt, [[response] for response in responses], order=responses[::-1])
    for response in responses:
        ResponseRating.objects.create(
            judgment=judgment, response=response, overall=TEXTS[response.text]
        )
    export(project, tmp_path / "set", *FORMATS, set=["test_share=0"])
    return str(tmp_path / "set")


def test_trlx_gets_lists_of_one_length(folder: str) -> None:
    trlx = loader("trlx_train")
    offline = trlx.offline(folder)
    assert set(offline) == {"samples", "rewards"}
    assert len(offline["samples"]) == len(offline["rewards"]) == 12
    assert [PROMPT, " Blue."] in offline["samples"]
    for sample, reward in zip(offline["samples"], offline["rewards"], strict=True):
        assert (sample[0], type(reward)) == (PROMPT, float)
    best = [reward for (_, text), reward in zip(*offline.values(), strict=True) if text == " Blue."]
    assert best == [1.0] * 3
    assert trlx.prompts(folder) == [PROMPT]


@pytest.fixture
def rl4lms(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What RL4LMs' module of data pools defines, unless the real one is there."""
    name = "rl4lms.data_pools.text_generation_pool"
    if importlib.util.find_spec("rl4lms"):
        return importlib.import_module(name)
    sample = dataclasses.make_dataclass(
        "Sample",
        [("id", str), ("prompt_or_input_text", str), ("references", list[str]),
         ("meta_data", dict[str, Any], None)],
    )  # fmt: skip

    class TextGenPool:
        def __init__(self, samples: list[Any]) -> None:
            self._samples = samples

        def __len__(self) -> int:
            return len(self._samples)

        def __getitem__(self, index: int) -> tuple[Any, float]:
            return self._samples[index], 1.0

    module = ModuleType(name)
    module.Sample, module.TextGenPool = sample, TextGenPool  # type: ignore[attr-defined]
    for part in ("rl4lms", "rl4lms.data_pools"):
        monkeypatch.setitem(sys.modules, part, ModuleType(part))
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_rl4lms_gets_a_pool_of_samples(folder: str, rl4lms: ModuleType) -> None:
    pool = loader("rl4lms_pool").ConcordPool.prepare(split="train", folder=folder)
    assert isinstance(pool, rl4lms.TextGenPool)
    assert len(pool) == 1
    assert pool[0] == (rl4lms.Sample("train_0", PROMPT, [" Blue."]), 1.0)


def test_lm_human_preferences_gets_ids_of_one_length(folder: str) -> None:
    rows = loader("lm_human_preferences").tokenised(
        folder, encode, padding=258, query_length=40, response_length=5
    )
    results = json.loads(json.dumps(list(rows)))
    names = ["query", *(f"sample{place}" for place in range(4)), "best"]
    labels = {name: np.asarray([row[name] for row in results], np.int32) for name in names}
    assert {name: value.shape for name, value in labels.items()} == {
        "query": (1, 40), "sample0": (1, 5), "sample1": (1, 5), "sample2": (1, 5),
        "sample3": (1, 5), "best": (1,),
    }  # fmt: skip
    assert results[0]["best"] == 3
    assert bytes(results[0]["sample3"]) == b"Blue."
    assert bytes(results[0]["sample1"]) == b"Green"  # cut
    assert results[0]["sample0"] == [*b"Red.", 258]  # filled up
    assert results[0]["query"][:27] == [*b"What colour\nis the sky?", *[258] * 4]


def test_a_best_sample_that_is_cut_to_another_is_no_choice(folder: str) -> None:
    module = loader("lm_human_preferences")
    lengths = {"query_length": 8, "response_length": 1}
    assert list(module.tokenised(folder, encode, padding=258, **lengths))  # B is not G or R
    assert not list(module.tokenised(folder, lambda text: [1], padding=258, **lengths))


@pytest.mark.training
@pytest.mark.skipif(
    importlib.util.find_spec("palm_rlhf_pytorch") is None,
    reason="palm-rlhf-pytorch is not installed: `pip install -r requirements-train.txt`",
)
@pytest.mark.filterwarnings("ignore")
def test_palm_rlhf_learns_from_rated_rows(folder: str) -> None:
    import torch
    from palm_rlhf_pytorch import PaLM, RewardModel

    torch.set_num_threads(1)  # the tiny model gains nothing from more
    torch.manual_seed(0)
    module = loader("palm_rlhf")
    palm = PaLM(num_tokens=256, dim=16, depth=1, dim_head=8, heads=2)
    model = RewardModel(palm, num_binned_output=5, use_lora=False, dropout=0.0)
    rows = list(module.rated(folder, encode))
    assert [ratings.tolist() for *_, ratings in rows] == [[4], [3], [1], [0]]
    tokens, lengths, _ = rows[0]
    assert bytes(tokens[0].tolist()) == f"{PROMPT} Blue.".encode()
    assert lengths.tolist() == [len(PROMPT)]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

    def step() -> float:
        total = 0.0
        for tokens, lengths, ratings in rows:
            loss = model(tokens, prompt_lengths=lengths, labels=ratings)
            loss.backward()
            total += loss.item()
        optimizer.step()
        optimizer.zero_grad()
        return total

    losses = [step() for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    assert module.prompts(folder) == [PROMPT]
