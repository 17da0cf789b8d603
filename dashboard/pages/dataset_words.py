"""What versions of datasets say of themselves, in words, and lines to copy that load them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exports.models import DatasetVersion
from exports.recipes import Recipe
from exports.validator import Reason

REFUSED: dict[str, Promise] = {
    Reason.NO_CONVERSATION: _("there is no conversation"),
    Reason.UNKNOWN_ROLE: _("a message is of an unknown role"),
    Reason.LAST_ROLE_NOT_USER: _("the prompt does not end with a person's turn"),
    Reason.EMPTY_TEXT: _("a text is empty"),
    Reason.LONE_SURROGATE: _("a text holds half a character"),
    Reason.SPECIAL_TOKEN: _("a text holds a mark of chat templates"),
    Reason.TIE: _("it is a tie"),
    Reason.BOTH_BAD: _("both are bad"),
    Reason.EQUAL_TEXTS: _("both texts are the same"),
    Reason.NO_STRENGTH: _("no strength was given"),
    Reason.NOT_A_NUMBER: _("a number is missing"),
    Reason.TOO_FEW_RESPONSES: _("too few responses"),
    Reason.TRANSCRIPT_MARK: _("a text holds a mark of transcripts"),
    Reason.SYSTEM_TURN: _("there is a system message"),
    Reason.SEVERAL_TURNS: _("there are several turns"),
    Reason.NOT_IN_TURNS: _("people and models do not take turns"),
    Reason.NUMBER_OF_RESPONSES: _("the number of responses is another"),
    Reason.MIDDLE_RATING: _("the rating is in the middle"),
    Reason.NO_LANGUAGE: _("the language is unknown"),
    Reason.TOO_DEEP: _("the conversation is too deep"),
}
_TRAINERS = {
    "preference": ("RewardTrainer", "RewardConfig"),
    "preference_text": ("RewardTrainer", "RewardConfig"),
    "unpaired": ("KTOTrainer", "KTOConfig"),
    "sft": ("SFTTrainer", "SFTConfig"),
}
_LOAD = """from datasets import load_dataset

files = "{server}/api/v1/dataset-versions/{version}/files"
options = {{"headers": {{"Authorization": "Token $TOKEN"}}}}
rows = load_dataset("{builder}", data_files=f"{{files}}/{name}",
                    storage_options=options, split="train")"""
_TRAIN = """from trl import {trainer}, {config}

trainer = {trainer}(model="your/model", train_dataset=rows, args={config}(output_dir="out"))
trainer.train()"""
_CURL = """curl -sSLfO -H "Authorization: Token $TOKEN" \\
  {server}/api/v1/dataset-versions/{version}/files/{name}"""
_STREAM = '''curl -sSf -H "Authorization: Token $TOKEN" \\
  "{server}/api/v1/projects/{project}/export.jsonl?{query}"'''


def reasons(counts: Mapping[str, int]) -> list[tuple[Promise | str, int]]:
    """Why rows are left out, most often first."""
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return [(REFUSED.get(name, name), number) for name, number in ordered]


def in_words(recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a recipe says that is not the default, by its keys."""
    default = Recipe().as_json()
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in recipe.items()
        if value != default.get(name)
    ]


def snippets(version: DatasetVersion, names: Iterable[str], *, server: str) -> list[dict[str, Any]]:
    """Lines to copy for a built version: for the shell, for Python, and for a trainer."""
    first = next((name for name in names if ".train" in name), None)
    if first is None:
        return []
    told = {"server": server, "version": version.uid, "name": first}
    builder = "parquet" if first.endswith(".parquet") else "json"
    form = first.split(".")[0]
    lines = [
        {"title": _("Download in the shell"), "text": _CURL.format(**told)},
        {"title": _("Load in Python"), "text": _LOAD.format(builder=builder, **told)},
    ]
    if form in _TRAINERS:
        trainer, config = _TRAINERS[form]
        train = _TRAIN.format(trainer=trainer, config=config)
        lines.append({"title": _("Train on it"), "text": train})
    stream = _STREAM.format(
        server=server, project=version.dataset.project.slug, query=f"format={form}&split=train"
    )
    return [*lines, {"title": _("Rows as they are now, nothing kept"), "text": stream}]
