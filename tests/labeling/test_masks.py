"""Masks from the build to the labeler's page and the API."""

import pytest
from django.core.management import call_command

from labeling.models import Mask
from labeling.services.building import build_tasks
from labeling.services.masking import mask_project
from labeling.services.policies import set_policy
from labeling.texts.masking import MASK
from tests.factories import make_labeler, make_project, make_prompt, make_response
from tests.labeling.work import claimed

pytestmark = pytest.mark.django_db

NAMING = (
    *(
        "I am ChatGPT.",
        "I'm Claude, an AI.",
        "我是通义千问。",
        "As Gemini Pro, I can.",
        "I am GPT-4.",
    ),
    *("I am a model by Mistral AI.", "I am DeepSeek.", "I am Command R+.", "I am Phi-3, a model."),
    *("I am xAI's model Grok.", "I was made by Meta.", "I am Kimi, an AI.", "I am Cohere."),
)


def project_with(*texts: str, asked: str = "Who are you?", revision: str = "secret-1b"):
    project = make_project()
    set_policy(project=project, responses=len(texts))
    prompt = make_prompt(project, asked)
    for text in texts:
        make_response(prompt, text, revision=revision)
    return project


def test_the_build_masks_what_names_its_writer_and_the_claim_shows_the_mask() -> None:
    project = project_with("I am ChatGPT by OpenAI.", "ChatGPT is a product.", "Ask secret-1b!")
    build_tasks(project=project)
    shown = {response.text for response in claimed(project, make_labeler()).responses}
    assert shown == {f"I am {MASK} by {MASK}.", "ChatGPT is a product.", f"Ask {MASK}!"}
    mask = Mask.objects.get(response__text__startswith="I am")
    assert (mask.text, mask.spans) == (f"I am {MASK} by {MASK}.", [[5, 12], [16, 22]])
    assert mask.response.text == "I am ChatGPT by OpenAI."


def test_what_was_asked_about_stays_readable() -> None:
    project = project_with("secret-1b is small.", "No.", asked="What is secret-1b?")
    build_tasks(project=project)
    assert not Mask.objects.exists()


def test_the_databases_sieve_lets_names_of_every_kind_through() -> None:
    project = project_with(*NAMING[:9])
    other = project_with(*NAMING[9:])
    build_tasks(project=project)
    build_tasks(project=other)
    assert set(Mask.objects.values_list("response__text", flat=True)) == set(NAMING)


def test_tasks_that_exist_are_masked_by_a_command_and_masks_stay(capsys) -> None:
    project = project_with("I am ChatGPT.", "I am well.")
    elsewhere = project_with("I am ChatGPT, too.", "I am well, too.")
    build_tasks(project=project)
    build_tasks(project=elsewhere)
    Mask.objects.all().delete()
    call_command("mask_responses", project.slug)
    assert capsys.readouterr().out == "1 response masked.\n"
    mask = Mask.objects.get()
    assert mask.response.text == "I am ChatGPT."
    Mask.objects.update(text="as it was")
    assert mask_project(project=project) == 0
    assert Mask.objects.get().text == "as it was"
