"""The keys of the compare page: what may be mapped, and the page on which it is done."""

import pytest
from django.test import Client

from accounts.models import Preferences, User
from accounts.services import labeler_of
from common.errors import InvalidInput
from labeling.keymap import (
    ACTIONS,
    DEFAULTS,
    Keys,
    check_keys,
    collisions,
    keymap_of,
    keys_in_force,
)
from labeling.services.preferences import set_keys, stored_keys
from tests import factories
from tests.labeling.pages import sign_in


def keys_now(remaps: object) -> dict[str, list[str]]:
    return {bound.name: bound.keys for bound in keymap_of(remaps).actions}


def test_every_action_has_a_key_that_no_other_has() -> None:
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)
    assert [action.name for action in ACTIONS if not action.keys] == []
    assert list(collisions(keys_in_force({}))) == []


def test_only_what_differs_from_the_defaults_is_kept() -> None:
    assert check_keys({"skip": ["s"], "tie": ["x", "*"], "copy": []}) == {
        "tie": ["x", "*"],
        "copy": [],
    }
    assert keys_now({"tie": ["x"]})["tie"] == ["x"]
    assert keys_now({"tie": ["x"]})["skip"] == ["s"]


def test_two_actions_may_swap_their_keys() -> None:
    assert check_keys({"skip": ["g"], "guidelines": ["s"]}) == {
        "skip": ["g"],
        "guidelines": ["s"],
    }


@pytest.mark.parametrize("key", ["@", "é", "п", "ح", "<", "&", '"', "G", "Delete", "F2", "²"])
def test_signs_of_any_keyboard_can_be_keys(key: str) -> None:
    assert check_keys({"copy": [key]} if key != "Delete" else {"clear": [key]})


def test_decomposed_letters_are_composed() -> None:
    assert check_keys({"copy": ["e\u0301"]}) == {"copy": ["\u00e9"]}


@pytest.mark.parametrize(
    "key",
    [
        *("Tab", "F5", "F12", "ArrowUp", "Home", " ", "", "Shift", "Ctrl+c", "Dead", "<b>", "ab"),
        *("\u0301", "\u202e", "\x00", "\n", 3, None, ["x"]),
    ],
)
def test_keys_of_the_browser_and_what_is_no_key_are_refused(key: object) -> None:
    with pytest.raises(InvalidInput, match="cannot be used") as caught:
        check_keys({"copy": [key]})
    assert caught.value.attr == "copy"


@pytest.mark.parametrize(
    ("remaps", "attr", "words"),
    [
        ({"skip": ["g"]}, "skip", "g is already the key for “guidelines”."),
        ({"help": ["Escape"]}, "help", "Esc is already the key for “clear the question"),
        ({"rank-3": ["2"]}, "rank-3", "2 is already the key for “response or choice 2”."),
        ({"tie": ["x", "x"]}, "tie", "The same key stands there twice."),
        ({"tie": ["x", "q", "z", "b"]}, "tie", "An action has at most 3 keys."),
        ({"tie": "x"}, "tie", "An action has at most 3 keys."),
        ({"explode": ["x"]}, None, "There is no action “explode”."),
        (["tie"], None, "Keys are a list for each action."),
    ],
)
def test_a_remap_that_breaks_a_rule_is_refused_in_words(
    remaps: object, attr: str | None, words: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_keys(remaps)
    assert caught.value.detail.startswith(words)
    assert caught.value.attr == attr


def test_what_is_stored_and_no_longer_allowed_leaves_the_defaults() -> None:
    kept: list[object] = [{"skip": ["g"]}, {"gone": ["x"], "tie": ["x"]}, [], "x", None]
    for stored in kept:
        assert keys_now(stored) == {name: list(keys) for name, keys in DEFAULTS.items()}


# --- stored, and the page ---


@pytest.fixture
def ana(db: None) -> User:
    return factories.make_user("ana@example.org")


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def keys_of(user: User) -> object:
    return stored_keys(labeler=labeler_of(user=user))


def test_keys_are_stored_in_place_of_the_former_ones_and_nothing_else_changes(ana: User) -> None:
    labeler = labeler_of(user=ana)
    Preferences.objects.create(labeler=labeler, daily_goal=30)
    set_keys(labeler=labeler, keys={"tie": ["x"]})
    set_keys(labeler=labeler, keys={"skip": ["x"]})
    assert keys_of(ana) == {"skip": ["x"]}
    assert Preferences.objects.get().daily_goal == 30
    with pytest.raises(InvalidInput):
        set_keys(labeler=labeler, keys={"skip": ["Tab"]})
    assert keys_of(ana) == {"skip": ["x"]}


def everything(**changed: str) -> Keys | dict[str, str]:
    return {name: " ".join(keys) for name, keys in DEFAULTS.items()} | {
        name.replace("_", "-"): text for name, text in changed.items()
    }


def test_keys_typed_into_the_boxes_are_stored(client: Client, ana: User) -> None:
    response = client.post("/settings/keys/", everything(tie="x  ESC", clear="delete", copy=""))
    assert (response.status_code, response["Location"]) == (302, "/settings/keys/")
    assert keys_of(ana) == {"tie": ["x", "Escape"], "clear": ["Delete"], "copy": []}
    page = client.get("/settings/keys/").content.decode()
    assert 'value="x Escape"' in page
    assert "Your keys are stored." in page


def test_a_key_that_is_taken_is_said_at_its_box_and_what_was_typed_stays(
    client: Client, ana: User
) -> None:
    response = client.post("/settings/keys/", everything(skip="<", copy="g"))
    page = response.content.decode()
    assert response.status_code == 400
    assert "g is already the key for “guidelines”." in page
    assert 'name="skip" value="&lt;"' in page
    assert keys_of(ana) == {}


def test_resetting_brings_all_keys_back(client: Client, ana: User) -> None:
    set_keys(labeler=labeler_of(user=ana), keys={"skip": ["x"]})
    response = client.post("/settings/keys/", everything(tie="y") | {"reset": "1"})
    assert response.status_code == 302
    assert keys_of(ana) == {}
