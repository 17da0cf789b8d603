"""Templates of prompts: their form, and that they can do no more than they should."""

import pytest

from collector.importing.rows import RowError
from collector.templating.templates import BadTemplate, PromptMaker, Rendered

ROW = {"text": "left ||| right", "label": 1, "a b": "spaced", "names": ["ann", "bo", "bo"]}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Say {{ text }}.", Rendered("Say left ||| right.")),
        (
            "Is it {{ text }}? ||| {{ ['no', 'yes'][label] }}",
            Rendered("Is it left ||| right?", "yes"),
        ),
        ("{% if label %}A{% else %}B{% endif %} |||C", Rendered("A", "C")),
        ("{{ row['a b'] }} ||| {{ names | most_frequent | join(', ') }}", Rendered("spaced", "bo")),
        ("{% for n in names %}{{ loop.index }}{{ n }}{% endfor %}", Rendered("1ann2bo3bo")),
        ("{{ text ~ '/' ~ label }}", Rendered("left ||| right/1")),
        ("{{ names | tojson }} &amp; <b>", Rendered('["ann", "bo", "bo"] &amp; <b>')),
        ("{{ text | replace('left', 'top') | upper }}", Rendered("TOP ||| RIGHT")),
    ],
)
def test_a_template_is_filled_with_a_row(template, expected):
    assert PromptMaker(template).make(ROW) == expected


def test_what_is_chosen_is_chosen_again_for_the_same_row_and_seed():
    maker = PromptMaker("{{ names | choice }}", seed=7)
    drawn = [maker.make(ROW, number=number).input for number in range(40)]
    assert drawn == [
        PromptMaker("{{ names | choice }}", seed=7).make(ROW, number=n).input for n in range(40)
    ]
    assert set(drawn) == {"ann", "bo"}


def test_the_columns_that_a_template_names():
    maker = PromptMaker(
        "{{ text }} {% for n in names %}{{ n }}{{ loop.index }}{% endfor %}||| {{ row.x }}"
    )
    assert maker.columns == {"text", "names", "row"}
    assert maker.has_target
    assert not PromptMaker("{{ '|||' }}").has_target


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{% if",
        "{{ text | attr('x') }}",
        "{{ text | center(99) }}",
        "{% include 'x' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in text recursive %}{{ loop(x) }}{% endfor %}",
        "{{ 9 ** 9 ** 9 }}",
        "a\0b",
        "x" * 20_001,
        "{{ " + "(" * 3000 + ")" * 3000 + " }}",
        "{% for x in text %}" * 25 + "{% endfor %}" * 25,
        "{{ 1e400 }}",
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_a_template_that_cannot_be_used_is_refused_at_once(template):
    with pytest.raises(BadTemplate):
        PromptMaker(template)


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{{ nothing }}", "missing_column"),
        ("{{ row.nothing }}", "missing_column"),
        ("{{ names[7] }}", "missing_column"),
        ("{% if label == 2 %}asked{% endif %}", "not_applicable"),
        (" ||| only an answer", "not_applicable"),
        ("a ||| b ||| c", "bad_template"),
        ("{{ 5 % 0 }}", "bad_template"),
        ("{{ -text }}", "bad_template"),
        ("{{ ''.__class__ }}", "bad_template"),
        ("{{ text.format(1) }}", "bad_template"),
        ("{{ '%999999999d' % 1 }}", "bad_template"),
        ("{{ 'x' * 999999999 }}", "bad_template"),
        ("{{ 0 | round(-999999999) }} {{ text.encode() }}", "bad_template"),
        ("{{ range(9999999) }}", "template_too_much"),
        ("{{ 99999999 * 99999999 * 9 }}", "template_too_much"),
        ("{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 40, "template_too_much"),
        ("{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 40, "template_too_much"),
        ("{% for a in range(900) %}{% for b in range(900) %}{% endfor %}{% endfor %}",
         "template_too_much"),
        ("{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}", "template_too_much"),
        ("{% set a = (1,) %}" + "{% set a = {'a': a, 'b': a} %}" * 40, "template_too_much"),
        ("{% set a = [1] %}" + "{% set a = zip(a, a) | list %}" * 40, "template_too_much"),
        ("{% set a = [1] %}" + "{% set a = [a, a] | sum(start=[]) %}" * 40, "bad_template"),
        ("{% set a = '" + "f" * 900 + "' | int(base=16) %}{{ a // a }}", "template_too_much"),
        ("{% set a = ['x'] * 2 %}", "bad_template"),
        ("{% set a = [1] %}" + "{% set a = [a] %}" * 1150 + "{{ a }}", "template_too_much"),
        ("{{ '\\ud800' }}", "lone_surrogate"),
        ("{{ row['\\ud800'] }}", "missing_column"),
        ("{{ '" + "x" * 9000 + "' | replace('', '" + "y" * 9000 + "') }}", "template_too_much"),
    ],
)  # fmt: skip
def test_a_row_that_the_template_cannot_take_says_why(template, code):
    with pytest.raises(RowError) as refused:
        PromptMaker(template).make(ROW)
    assert refused.value.code == code


LONG = ".".join(["0"] * 7)


@pytest.mark.parametrize(
    "filtered",
    ["sort(attribute=p)", "sort(false, false, p)", "min(attribute=p)", "max(attribute=p)",
     "unique(attribute=p) | list", "map(attribute=p) | list", "map('max', attribute=p) | list",
     "sum(attribute=p)", "sum(p)", "selectattr(p) | list", "rejectattr(p) | list"],
)  # fmt: skip
@pytest.mark.parametrize("attribute", [LONG, LONG.replace(".", ","), "a" * 101, ".0" * 100_000])
def test_an_attribute_out_of_a_row_is_bounded(filtered, attribute):
    row = {"text": "x" * 100_000, "p": attribute}
    with pytest.raises(RowError) as refused:
        PromptMaker("{{ text | " + filtered + " }}").make(row)
    assert refused.value.code == "template_too_much"


@pytest.mark.parametrize(
    ("filtered", "expected"),
    [
        ("sort(attribute='a.b') | map(attribute='a.b') | join", "12"),
        ("max(attribute='a.b') | tojson", '{"a": {"b": 2}}'),
        ("sum(attribute='a.b')", "3"),
        ("map(attribute='c', default='" + "x.y," * 50 + "') | first | length", "200"),
        ("map(attribute='a') | selectattr('b', 'eq', 2) | map(attribute='b') | join", "2"),
        ("map(attribute='a') | rejectattr('b', 'eq', 2) | map(attribute='b') | join", "1"),
    ],
)
def test_values_are_looked_up_by_their_attributes(filtered, expected):
    row = {"rows": [{"a": {"b": 2}}, {"a": {"b": 1}}]}
    assert PromptMaker("{{ rows | " + filtered + " }}").make(row).input == expected
