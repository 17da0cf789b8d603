"""One thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`warning`: it works, and should be looked at; `failed`: something does not work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What of `part` was found, and what to do; `advice` is empty where there is nothing to do."""

    part: str
    state: State
    detail: str
    advice: str = ""


def ok(part: str, detail: str) -> Finding:
    return Finding(part, State.OK, detail)


def warning(part: str, detail: str, advice: str) -> Finding:
    return Finding(part, State.WARNING, detail, advice)


def failed(part: str, detail: str, advice: str = "") -> Finding:
    return Finding(part, State.FAILED, detail, advice)
