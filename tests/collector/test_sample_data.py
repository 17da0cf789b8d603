"""The bundled sample: whole, varied, ranked by its authors, and free of real models' names."""

import csv
import re
from collections import Counter, defaultdict
from itertools import groupby
from pathlib import Path
from statistics import mean

import pytest

from collector.text import content_hash, split_hash

FOLDER = Path(__file__).resolve().parents[2] / "collector" / "sample_data"
COLUMNS = ["human_prompt", "chatgpt_response", "generator", "language", "tags"]
GENERATORS = ["basalt-chat", "heron-large", "heron-small", "quill-mini"]
KINDS = {
    "advice",
    "ambiguous",
    "code",
    "explanation",
    "extraction",
    "factual",
    "long-context",
    "maths",
    "planning",
    "safety",
    "summarising",
    "writing",
}
LANGUAGES = {"ar", "de", "en", "es", "fr", "ja", "pt", "zh"}
SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ja": r"[\u3040-\u30ff]", "zh": r"[\u4e00-\u9fff]"}
REAL_NAMES = re.compile(
    r"\b(chatgpt|gpt|openai|claude|anthropic|gemini|gemma|bard|google|deepmind|llama|meta ai"
    r"|facebook|mistral|mixtral|microsoft|copilot|bing|deepseek|qwen|alibaba|grok|cohere|falcon"
    r"|smollm|hugging ?face|amazon|apple|github|nvidia|ibm)\b",
    re.IGNORECASE,
)

Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read("chatgpt_prompts_sample.csv")


@pytest.fixture(scope="module")
def prompts(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows of each prompt, in the file's order; a prompt that came back would be lost."""
    return {prompt: list(group) for prompt, group in groupby(rows, lambda r: r["human_prompt"])}


@pytest.fixture(scope="module")
def qualities(prompts: dict[str, list[Row]]) -> list[dict[int, Row]]:
    """For each prompt its responses by intended quality."""
    stated: dict[str, dict[str, int]] = defaultdict(dict)
    for row in read("quality.csv"):
        stated[row["prompt"]][row["generator"]] = int(row["quality"])
    assert list(stated) == [str(number) for number in range(1, len(prompts) + 1)]
    return [
        {stated[str(number)][row["generator"]]: row for row in group}
        for number, group in enumerate(prompts.values(), 1)
    ]


def test_columns_and_line_ends_are_those_documented(rows: list[Row]) -> None:
    raw = (FOLDER / "chatgpt_prompts_sample.csv").read_bytes()
    assert list(rows[0]) == COLUMNS
    assert b"\r" not in raw
    assert b"\0" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    raw.decode("utf-8")


def test_every_cell_is_filled_and_trimmed(rows: list[Row]) -> None:
    assert [
        (number, column)
        for number, row in enumerate(rows, 2)
        for column in COLUMNS
        if not row[column] or row[column] != row[column].strip()
    ] == []


def test_every_prompt_has_one_response_of_each_generator_in_one_order(
    prompts: dict[str, list[Row]], rows: list[Row]
) -> None:
    assert len(prompts) == 66
    assert len(rows) == 66 * 4
    assert {tuple(r["generator"] for r in group) for group in prompts.values()} == {
        tuple(GENERATORS)
    }


def test_no_prompt_and_no_response_comes_twice(
    prompts: dict[str, list[Row]], rows: list[Row]
) -> None:
    assert len({split_hash([("user", prompt)]) for prompt in prompts}) == len(prompts)
    assert len({content_hash(row["chatgpt_response"]) for row in rows}) == len(rows)


def test_the_order_of_prompts_is_stable(prompts: dict[str, list[Row]]) -> None:
    texts = list(prompts)
    assert texts[0].startswith("Write a Python function that removes duplicates")
    assert texts[32].startswith("This Go program sometimes prints fewer than 10 lines")
    assert texts[65].startswith("Which household cleaners must I never mix")


def test_every_kind_of_task_and_every_language_is_there(prompts: dict[str, list[Row]]) -> None:
    kinds = Counter(group[0]["tags"].split(",")[0] for group in prompts.values())
    languages = Counter(group[0]["language"] for group in prompts.values())
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= 2
    assert set(languages) == LANGUAGES


def test_language_and_tags_belong_to_the_prompt(prompts: dict[str, list[Row]]) -> None:
    for group in prompts.values():
        assert len({(row["language"], row["tags"]) for row in group}) == 1
        assert ("multilingual" in group[0]["tags"].split(",")) == (group[0]["language"] != "en")


def test_the_better_responses_are_in_the_script_of_the_prompt(
    qualities: list[dict[int, Row]],
) -> None:
    checked = []
    for group in qualities:
        script = SCRIPTS.get(group[3]["language"])
        if script:
            checked += [bool(re.search(script, group[q]["chatgpt_response"])) for q in (3, 2)]
    assert checked == [True] * 8  # two Chinese, one Arabic, one Japanese


def test_responses_name_no_model_and_no_company(rows: list[Row]) -> None:
    named = re.compile("|".join(GENERATORS), re.IGNORECASE)
    assert [
        found.group()
        for row in rows
        for pattern in (REAL_NAMES, named)
        if (found := pattern.search(row["chatgpt_response"]))
    ] == []


def test_markdown_that_the_page_must_render_is_there(rows: list[Row]) -> None:
    texts = [row["chatgpt_response"] for row in rows]
    assert sum("```" in text for text in texts) >= 25
    assert sum("|---|" in text for text in texts) >= 8
    assert sum("$$" in text for text in texts) >= 5
    assert all(text.count("```") % 2 == 0 for text in texts)


def test_qualities_of_a_prompt_differ_and_generators_keep_their_overall_order(
    qualities: list[dict[int, Row]],
) -> None:
    of_generator: dict[str, list[int]] = defaultdict(list)
    for group in qualities:
        assert sorted(group) == [0, 1, 2, 3]
        for quality, row in group.items():
            of_generator[row["generator"]].append(quality)
    order = sorted(GENERATORS, key=lambda name: -mean(of_generator[name]))
    assert order == ["heron-large", "basalt-chat", "heron-small", "quill-mini"]
    assert all(3 in of_generator[name] and 0 in of_generator[name] for name in GENERATORS)


def test_length_alone_does_not_tell_the_best(qualities: list[dict[int, Row]]) -> None:
    places = Counter(
        sorted(group, key=lambda q: len(group[q]["chatgpt_response"])).index(3)
        for group in qualities
    )
    assert places[3] < len(qualities) / 2
    assert places[0] + places[1] >= len(qualities) / 5
