"""Imports in words: presets, what becomes of rows, and how an import stands."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.models import MessageFlag


@dataclass(frozen=True, slots=True)
class PresetWords:
    """A preset as people are told of it: its name, the columns it expects, what they become."""

    name: Promise
    expects: Promise
    becomes: Promise


PRESET_WORDS = {
    "table": PresetWords(
        _("Any table of prompts"),
        _(
            "A column with prompts; perhaps responses, system messages, models, languages and tags."
            " Or a text on each line."
        ),
        _("A prompt for each row, and a response where there is one."),
    ),
    "chatgpt-prompts": PresetWords(
        _("Prompts with a response (ChatGPT-prompts)"),
        _("human_prompt and chatgpt_response; perhaps generator."),
        _("A prompt and a recorded response."),
    ),
    "hc3": PresetWords(
        _("Answers by people and by ChatGPT (HC3)"),
        _("question, human_answers and chatgpt_answers, each a list; perhaps source."),
        _("A prompt with responses of people and of ChatGPT."),
    ),
    "eli5": PresetWords(
        _("Questions with scored answers (ELI5)"),
        _("title, selftext and answers with a_id, text and score."),
        _("A prompt with responses of people; scores are kept."),
    ),
    "oasst": PresetWords(
        _("Conversation trees (Open-Assistant)"),
        _("A tree on each line, or a message in each row with message_id, parent_id, text, role."),
        _("Conversations, and judgments wherever replies were ranked."),
    ),
    "hh-rlhf": PresetWords(
        _("Chosen and rejected transcripts (hh-rlhf)"),
        _("chosen and rejected."),
        _("A conversation, two responses and a judgment."),
    ),
    "shp": PresetWords(
        _("Posts with two comments (SHP)"),
        _("history, human_ref_A, human_ref_B and labels."),
        _("A prompt, two responses of people and a judgment."),
    ),
    "arena": PresetWords(
        _("Battles of two models"),
        _("model_a, model_b and winner; perhaps prompt, responses, judge, language and tags."),
        _("A judgment for each row, about two texts or about two models."),
    ),
    "judgments": PresetWords(
        _("Judgments exported from Concord"),
        _("A dataset in the format judgments."),
        _("Prompts, responses and judgments with all that was said."),
    ),
}

FIELD_WORDS = {
    "prompt": _("Prompt"),
    "system": _("System message"),
    "response": _("Response"),
    "model": _("Model that responded"),
    "language": _("Language"),
    "tags": _("Tags"),
}

STATUS_WORDS = {
    "queued": _("Waiting for a worker"),
    "running": _("Reading"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}
UNDO_WORDS = {
    "queued": _("Waiting to be taken back"),
    "running": _("Being taken back"),
    "succeeded": _("Taken back"),
    "failed": _("Not taken back, or in part"),
}
TONES = {"succeeded": "good", "failed": "bad", "cancelled": "warn"}

FINDING_WORDS = {
    **{kind.value: kind.label for kind in MessageFlag.Kind},
    "near_duplicate_skipped": _("near duplicate, left out"),
}
