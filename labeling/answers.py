"""What a labeler may answer, and what of it makes sense for the task at hand. No ORM."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from labeling.errors import InvalidAnswer, InvalidTiers, NotRanked
from labeling.models.policies import Mode

PLACES_MAX = 9
STRENGTHS = range(4)
OVERALL = range(1, 8)
SECONDS_MAX = 86_400
SUBMIT_KEY_MAX = 64
REASON_MAX = 2_000
RATIONALE_MAX = 10_000
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came in, about places shown ("1" first), not yet checked.

    `tiers` are best first, ties together; null with `not_rankable` saying why. `strength` is how
    much better the top tier is than the next, 0 (negligibly) to 3 (significantly). `ratings` are
    by place: `{"1": {"overall": 5}}`. `seconds` is the time worked.
    """

    submit_key: str
    tiers: list[list[str]] | None = None
    strength: int | None = None
    not_rankable: str | None = None
    ratings: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    rationale: str = ""
    seconds: float | None = None

    def body_hash(self, *, slot: str) -> bytes:
        """SHA-256 of everything but the key: the same body is the same submission."""
        body = asdict(self) | {"submit_key": None, "slot": slot}
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer in terms of the responses themselves (message ids)."""

    tiers: list[list[int]] | None
    overall: dict[int, int]


def check_form(answer: Answer) -> None:
    """Refuse what no task could accept: wrong types and scales, and anything of unbounded size.

    Raises NotRanked, InvalidTiers or InvalidAnswer; `attr` is the field at fault.
    """
    _check_text(answer.submit_key, "submit_key", SUBMIT_KEY_MAX, at_least=1)
    if answer.tiers is None and answer.not_rankable is None:
        raise NotRanked("Rank the responses, or say why they cannot be ranked.", attr="tiers")
    if answer.tiers is not None and answer.not_rankable is not None:
        raise InvalidAnswer("An answer is ranked or not rankable, not both.", attr="not_rankable")
    if answer.not_rankable is not None:
        _check_text(answer.not_rankable, "not_rankable", REASON_MAX, at_least=1)
    if answer.tiers is not None:
        _check_tiers_form(answer.tiers)
    if answer.strength is not None and not _is_whole(answer.strength, STRENGTHS):
        raise InvalidAnswer("Strength is a whole number from 0 to 3.", attr="strength")
    _check_text(answer.rationale, "rationale", RATIONALE_MAX)
    _check_ratings_form(answer.ratings)
    _check_seconds(answer.seconds)
    if answer.answers != {}:
        raise InvalidAnswer("This project asks no further questions.", attr="answers")


def check_answer(*, answer: Answer, modes: Collection[str], order: Sequence[int]) -> Checked:
    """The answer as said of the responses in `order` (as shown), if the policy's modes allow it.

    Expects a form that `check_form` accepted and raises the same errors.
    """
    shown = {str(place): response for place, response in enumerate(order, start=1)}
    tiers = None if answer.tiers is None else _place_all(answer.tiers, shown)
    if answer.strength is not None and Mode.STRENGTH not in modes:
        raise InvalidAnswer("This project asks for no strength.", attr="strength")
    if answer.strength is not None and (tiers is None or len(tiers) < 2):
        raise InvalidAnswer("Strength needs a better and a worse response.", attr="strength")
    if answer.rationale and Mode.RATIONALE not in modes:
        raise InvalidAnswer("This project asks for no rationale.", attr="rationale")
    overall = {
        place: rating["overall"]
        for place, rating in answer.ratings.items()
        if rating.get("overall") is not None
    }
    if overall and Mode.OVERALL not in modes:
        raise InvalidAnswer("This project asks for no ratings.", attr="ratings")
    if not shown.keys() >= answer.ratings.keys():
        raise InvalidAnswer("Ratings name a response that was not shown.", attr="ratings")
    return Checked(tiers=tiers, overall={shown[place]: overall[place] for place in overall})


def _place_all(tiers: list[list[str]], shown: dict[str, int]) -> list[list[int]]:
    placed = [place for tier in tiers for place in tier]
    if len(placed) != len(shown) or set(placed) != shown.keys():
        raise InvalidTiers(
            f"Tiers must place each of the responses 1 to {len(shown)} exactly once.", attr="tiers"
        )
    return [sorted(shown[place] for place in tier) for tier in tiers]


def _check_tiers_form(tiers: Any) -> None:
    lists = isinstance(tiers, list) and 0 < len(tiers) <= PLACES_MAX
    if not lists or not all(
        isinstance(tier, list)
        and 0 < len(tier) <= PLACES_MAX
        and all(isinstance(place, str) and len(place) == 1 for place in tier)
        for tier in tiers
    ):
        raise InvalidTiers("Tiers are lists of places, best first, none empty.", attr="tiers")


def _check_ratings_form(ratings: Any) -> None:
    if not isinstance(ratings, dict) or len(ratings) > PLACES_MAX:
        raise InvalidAnswer("Ratings are one object a response.", attr="ratings")
    for place, rating in ratings.items():
        if not isinstance(place, str) or len(place) != 1 or not isinstance(rating, dict):
            raise InvalidAnswer("Ratings are one object a response.", attr="ratings")
        overall = rating.get("overall")
        if overall is not None and not _is_whole(overall, OVERALL):
            raise InvalidAnswer(
                "An overall rating is a whole number from 1 to 7.", attr=f"ratings.{place}.overall"
            )
        # Clients may always send the fields; this project asks for none of them.
        if any(rating[name] not in ({}, [], None) for name in rating if name != "overall"):
            raise InvalidAnswer("This project asks for no such rating.", attr=f"ratings.{place}")


def _check_seconds(seconds: Any) -> None:
    if seconds is None:
        return
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= SECONDS_MAX:  # NaN is in no range
        raise InvalidAnswer(f"Seconds are a number from 0 to {SECONDS_MAX}.", attr="seconds")


def _check_text(text: Any, attr: str, at_most: int, *, at_least: int = 0) -> None:
    """Text that PostgreSQL can store: no NUL and no half of a surrogate pair."""
    if not isinstance(text, str) or len(text) > at_most or len(text.strip()) < at_least:
        raise InvalidAnswer(f"{attr} is a text of {at_least} to {at_most} characters.", attr=attr)
    if UNSTORABLE.search(text):
        raise InvalidAnswer(f"{attr} holds characters that are no text.", attr=attr)


def _is_whole(value: Any, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed
