"""Imports whose prompts a template makes, and templates as they are stored."""

import json

import pytest

from collector.models import Message
from collector.services.templates import save_template
from common.errors import Conflict, InvalidInput
from tests.factories import make_project

SUMS = "".join(json.dumps({"a": n, "b": n, "sum": 2 * n}) + "\n" for n in range(1, 9))


def asked():
    return list(Message.objects.prompts().order_by("id").values_list("text", flat=True))


def test_rows_become_prompts_and_their_targets_responses(project, import_file):
    save_template(project=project, name="sums", text="{{ a }} + {{ b }}? ||| {{ sum }}")
    job = import_file(SUMS, "sums.jsonl", options={"template": "sums"})
    assert (job.read, job.created, job.rejected) == (8, 8, 0)
    assert asked() == [f"{n} + {n}?" for n in range(1, 9)]
    answers = Message.objects.filter(role="assistant").order_by("parent_id")
    assert [answer.text for answer in answers] == [str(2 * n) for n in range(1, 9)]
    again = import_file(SUMS, "sums.jsonl", options={"template": "sums"})
    assert (again.created, again.duplicates) == (0, 8)


def test_targets_can_be_kept_with_the_prompt(project, import_file):
    template = save_template(project=project, name="sums", text="{{ a }}? ||| {{ sum }}")
    options = {"template": "sums", "targets": "meta"}
    import_file('{"a": 1, "sum": 2}\n', "sums.jsonl", options=options)
    prompt = Message.objects.get()
    assert prompt.meta == {"template": str(template.uid), "target": "2"}


@pytest.mark.parametrize("draw", ["seed", "nearest"])
def test_few_shot_prompts_hold_other_rows_and_are_the_same_again(project, import_file, draw):
    text = "{{ a }} + {{ b }}? ||| {{ sum }}"
    save_template(project=project, name="sums", text=text, shots=3, draw=draw, seed=5)
    import_file(SUMS, "sums.jsonl", options={"template": "sums"})
    made = asked()
    assert len(made) == 8
    for number, prompt in enumerate(made, 1):
        *examples, question = prompt.split("\n\n")
        assert question == f"{number} + {number}?"
        assert len(set(examples)) == 3
        for example in examples:
            n = int(example.split(" ")[0])
            assert example == f"{n} + {n}?\n{2 * n}"
            assert n != number
    again = import_file(SUMS, "sums.jsonl", options={"template": "sums"})
    assert (again.created, again.duplicates) == (0, 8)


def test_the_same_file_draws_the_same_examples_elsewhere(project, import_file):
    text = "{{ a }} + {{ b }}? ||| {{ sum }}"
    save_template(project=project, name="sums", text=text, shots=3, seed=5)
    import_file(SUMS, "sums.jsonl", options={"template": "sums"})
    whole = asked()
    other = make_project()
    save_template(project=other, name="sums", text=text, shots=3, seed=5)
    import_file(SUMS, "other.jsonl", project=other, options={"template": "sums"})
    drawn = Message.objects.prompts().filter(project=other).order_by("id")
    assert list(drawn.values_list("text", flat=True)) == whole


def test_system_tags_language_and_model_come_from_columns_beside(project, import_file):
    save_template(project=project, name="t", text="{{ q }} ||| {{ a }}")
    row = {"q": "Who?", "a": "Me.", "tags": "x,y", "lang": "en", "by": "gpt", "system": "Be brief."}
    options = {"template": "t"}
    import_file(json.dumps(row), "t.jsonl", options=options, language="lang", model="by")
    system, prompt, answer = Message.objects.order_by("depth")
    assert (system.text, prompt.language, prompt.meta["tags"]) == ("Be brief.", "en", ["x", "y"])
    assert answer.revision.generator.name == "gpt"


def test_bare_texts_are_called_text(project, import_file):
    save_template(project=project, name="t", text="Translate: {{ text }}")
    import_file("one\ntwo\n", "t.txt", options={"template": "t"})
    assert asked() == ["Translate: one", "Translate: two"]


def test_a_row_that_the_template_passes_over_is_rejected_with_its_reason(project, import_file):
    save_template(project=project, name="t", text="{% if a > 1 %}{{ a }}?{% endif %}")
    job = import_file('{"a": 1}\n{"a": 2}\n{"a": "x"}\n', "t.jsonl", options={"template": "t"})
    assert (job.created, job.rejected) == (1, 2)
    assert [(each["row"], each["code"]) for each in job.errors] == [
        (1, "not_applicable"),
        (3, "bad_template"),
    ]


def test_a_column_that_is_not_there_ends_the_import_at_once(project, import_file):
    save_template(project=project, name="t", text="{{ question }}")
    job = import_file(SUMS, "sums.jsonl", options={"template": "t"})
    assert (job.status, job.read) == ("failed", 0)
    assert job.error == "The template names “question”; the columns are “a”, “b”, “sum”."


def test_a_change_is_a_new_number_and_the_same_again_is_not(project):
    first = save_template(project=project, name="t", text="{{ a }}")
    assert save_template(project=project, name="t", text="{{ a }}") == first
    second = save_template(project=project, name="t", text="{{ a }}", seed=1)
    other = save_template(project=make_project(), name="t", text="{{ a }}")
    assert (first.number, second.number, other.number) == (1, 2, 1)


@pytest.mark.parametrize(
    ("given", "attr"),
    [
        ({"text": "{{"}, "text"),
        ({"text": "{{ a }}", "shots": 2}, "text"),
        ({"text": "{{ a }} ||| b", "shots": 33}, "shots"),
        ({"text": "{{ a }}", "seed": -1}, "seed"),
        ({"text": "{{ a }}", "draw": "luck"}, "draw"),
        ({"text": "{{ a }}", "name": " "}, "name"),
    ],
)
def test_a_template_that_cannot_be_used_is_not_stored(project, given, attr):
    with pytest.raises(InvalidInput) as refused:
        save_template(project=project, **({"name": "t"} | given))
    assert refused.value.attr == attr
    assert not project.templates.exists()


def test_an_archived_project_takes_none(db):
    from django.utils import timezone

    with pytest.raises(Conflict):
        save_template(project=make_project(archived_at=timezone.now()), name="t", text="{{ a }}")


def test_only_tables_take_a_template(project, import_file):
    save_template(project=project, name="t", text="{{ a }}")
    with pytest.raises(InvalidInput):
        import_file(SUMS, "x.jsonl", preset="chatgpt-prompts", options={"template": "t"})
