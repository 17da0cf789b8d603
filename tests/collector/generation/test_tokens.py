"""Tokens counted by a model's own tokenizer where it lies here, estimated where it does not."""

import hashlib
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from collector.generation import tokens
from collector.generation.context import check_window
from collector.generation.providers import Permanent
from collector.generation.tokens import approximate_tokens, count_tokens
from collector.models import Generation, GeneratorRevision
from collector.services.runs import start_run
from tests.collector.generation.conftest import only, work_run
from tests.factories import make_prompt


@pytest.fixture(autouse=True)
def _no_memory():
    tokens._counter.cache_clear()
    yield
    tokens._counter.cache_clear()


@pytest.fixture
def words_model(tmp_path: Path) -> str:
    """A folder with a tokenizer that takes every word as a token, and cuts at three."""
    words = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.enable_truncation(3)
    words.save(str(tmp_path / "tokenizer.json"))
    return str(tmp_path)


def revision_of(model: str, provider: str = "transformers", **fields) -> GeneratorRevision:
    return GeneratorRevision(provider=provider, model=model, **fields)


def test_a_local_model_is_counted_by_its_own_tokenizer_to_the_end(words_model):
    texts = ["one two three four five", "six"]
    assert count_tokens(texts, revision_of(words_model)) == (6, True)


def test_a_server_is_not_asked_to_read_a_folder(words_model):
    assert count_tokens(["one two"], revision_of(words_model, "openai")) == (2, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("word", 1), ("a" * 4000, 1000), ("слово", 4), ("天气怎么样", 5), ("\ud800", 1)],
)
def test_an_unknown_model_is_estimated_by_letters(text, expected):
    assert approximate_tokens(text) == expected
    assert count_tokens([text], revision_of("somebody-s-model", "openai")) == (expected, False)


def test_a_file_of_tiktoken_that_is_not_the_right_one_is_not_used_and_none_is_fetched(
    settings, tmp_path
):
    settings.TIKTOKEN_CACHE_DIR = str(tmp_path)
    url = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    file = tmp_path / hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()
    file.write_bytes(b"IQ== 0\n")
    assert count_tokens(["four"], revision_of("gpt-4o", "openai")) == (1, False)
    assert file.exists()


def test_a_tokenizer_that_cannot_be_read_is_said_and_estimated(tmp_path, caplog):
    (tmp_path / "tokenizer.json").write_text("{}")
    assert count_tokens(["four"], revision_of(str(tmp_path))) == (1, False)
    assert "cannot be read" in caplog.text


MESSAGES = [{"role": "user", "content": "one two three four five"}]


def test_a_conversation_that_fits_to_the_last_token_is_let_through(words_model):
    # five words, four tokens around the message, three to open the reply, ten to write
    fits = revision_of(words_model, parameters={"max_tokens": 10}, context_window=22)
    assert check_window(MESSAGES, fits) is None
    assert check_window(MESSAGES, revision_of(words_model, parameters={})) is None
    one_less = revision_of(words_model, parameters={"max_tokens": 10}, context_window=21)
    refused = check_window(MESSAGES, one_less)
    assert isinstance(refused, Permanent)
    assert not refused.billed
    assert str(refused) == (
        "The conversation has 12 tokens; with 10 for the reply it is over the model's window of 21."
    )


def test_an_estimate_is_said_to_be_one():
    refused = check_window(
        MESSAGES, revision_of("somebody-s-model", "openai", parameters={}, context_window=5)
    )
    assert str(refused) == (
        "The conversation has about 13 tokens, estimated without its tokenizer; with 1 for the "
        "reply it is over the model's window of 5."
    )


def test_nothing_is_sent_of_a_conversation_that_does_not_fit(llm, make_generator, project):
    make_prompt(project, "short")
    make_prompt(project, "long " * 400)
    make_generator("bot", context_window=100, parameters={"max_tokens": 20})
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    assert llm.prompts() == {"short": 1}
    failed = run.generations.get(status=Generation.Status.FAILED)
    assert "over the model's window of 100" in failed.error
    assert failed.attempts == 1


def test_responses_that_are_cut_off_or_loop_are_flagged_as_they_are_stored(make_generator, project):
    make_prompt(project)
    make_generator("bot", steps="length")
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    flags = only(run).response.message_flags.values_list("kind", "detail")
    assert list(flags) == [("truncated", {"finish_reason": "length"})]
