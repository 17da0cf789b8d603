"""Reward models as scorers: a folder that a trainer has written, loaded to score conversations.

A folder holds a sequence-classification model of one output with its tokenizer and chat template,
as `examples/reward_model.py` leaves it. Only safetensors are read and no code of a model is run.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from django.utils.translation import gettext as _

from common.errors import InvalidInput

INSTALL = "make local"
Conversation = Sequence[Mapping[str, str]]
_WEIGHTS = "*.safetensors"
_SHORT = 12
_NAME = 100


class Scorer(Protocol):
    """Gives a whole conversation, response included, one number: more is better.

    The difference of two numbers is the log-odds that people prefer the one to the other, which is
    what the loss of a reward model makes of it.
    """

    name: str
    """The same for the same weights only."""

    def scores(self, conversations: Sequence[Conversation]) -> list[float]: ...


class RewardModel:
    """A scorer from a folder. Raises InvalidInput where there is none that can be loaded."""

    def __init__(self, folder: Path, *, batch_size: int = 8) -> None:
        if importlib.util.find_spec("torch") is None:
            raise InvalidInput(
                _("A scorer needs torch, which is not installed here (`%s`).") % INSTALL
            )
        weights = sorted(folder.glob(_WEIGHTS)) if folder.is_dir() else []
        if not weights:
            raise InvalidInput(_("There is no reward model in %s.") % folder, attr="model")
        self.name = f"{folder.resolve().name[:_NAME]}@{_digest(weights)[:_SHORT]}"
        self._batch_size = batch_size
        self._torch = importlib.import_module("torch")
        library: Any = importlib.import_module("transformers")
        try:
            self._tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = library.AutoModelForSequenceClassification.from_pretrained(
                folder, use_safetensors=True, local_files_only=True
            )
        except (OSError, ValueError) as error:
            raise InvalidInput(str(error), attr="model") from error
        self._check(folder)
        self._model.config.pad_token_id = self._tokenizer.pad_token_id
        self._model.eval().to("cuda" if self._torch.cuda.is_available() else "cpu")

    def _check(self, folder: Path) -> None:
        if self._model.config.num_labels != 1:
            raise InvalidInput(
                _("The model in %s gives more than one number, so it is no reward model.") % folder,
                attr="model",
            )
        if self._tokenizer.chat_template is None or self._tokenizer.pad_token_id is None:
            raise InvalidInput(
                _("The tokenizer in %s lacks a chat template or a padding token.") % folder,
                attr="model",
            )

    def scores(self, conversations: Sequence[Conversation]) -> list[float]:
        """In the order given; the longest together, so that little is padded."""
        tokens = [self._tokens(conversation) for conversation in conversations]
        by_length = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        found = [0.0] * len(tokens)
        for start in range(0, len(by_length), self._batch_size):
            places = by_length[start : start + self._batch_size]
            for place, score in zip(places, self._scored([tokens[p] for p in places]), strict=True):
                found[place] = score
        return found

    def _tokens(self, conversation: Conversation) -> list[int]:
        """Of a conversation over the model's window the end, where the response is."""
        encoded = self._tokenizer.apply_chat_template(list(conversation), return_dict=True)
        window = getattr(self._model.config, "max_position_embeddings", None)
        ids: list[int] = encoded["input_ids"]
        return ids[-window:] if window else ids

    def _scored(self, batch: Sequence[Sequence[int]]) -> list[float]:
        padded = self._tokenizer.pad(
            {"input_ids": [list(ids) for ids in batch]}, padding_side="right", return_tensors="pt"
        ).to(self._model.device)
        with self._torch.inference_mode():
            logits = self._model(**padded).logits
        scores: list[float] = logits[:, 0].float().tolist()
        return scores


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while chunk := content.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
