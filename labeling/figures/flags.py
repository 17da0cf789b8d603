"""Signs that a person should look at a labeler's work, each with its evidence. Nothing follows
from them by itself.
"""

from collections.abc import Mapping
from typing import Any

from labeling.models import PolicyVersion
from labeling.statistics.gold import FLAGGED_BELOW

RELIABLE = 0.75  # a reliability that is surely below is one
CONSISTENT = 0.6  # so is agreement with oneself
HASTY = 0.2  # and so is a share of judgments sooner than one can skim that is surely above
BEHIND = 0.1  # as is agreement with others that much below everybody's

Told = dict[str, Any]


def flags_of(
    row: Mapping[str, Any],
    *,
    policy: PolicyVersion,
    sure: Mapping[int, tuple[float, float]],
    pooled: float | None,
) -> list[Told]:
    """`{"kind", "evidence"}` of each sign in a labeler's row (see `labeling.figures.labelers`).

    `sure` are 99% intervals of reliabilities, `pooled` is everybody's agreement with others.
    """
    found = {
        "gold": _gold(row["gold"], policy),
        "reliability": _reliability(row, sure.get(row["id"])),
        "leave_one_out": _others(row["leave_one_out"], pooled),
        "self_consistency": _oneself(row["self_consistency"]),
        "position": _swayed(row["position"], "first"),
        "length": _swayed(row["length"], "longer"),
        "seconds": _haste(row["seconds_detail"]),
    }
    return [_told(kind, evidence) for kind, evidence in found.items() if evidence]


def _told(kind: str, evidence: Told) -> Told:
    return {"kind": evidence.pop("kind", kind), "evidence": evidence}


def _gold(gold: Told | None, policy: PolicyVersion) -> Told | None:
    """Too few right answers to be bad luck for somebody who meets the minimum."""
    if gold is None or gold["n"] < policy.gold_evaluated_from or gold["p"] >= FLAGGED_BELOW:
        return None
    return {name: gold[name] for name in ("right", "n", "accuracy", "minimum", "p")}


def _reliability(row: Mapping[str, Any], sure: tuple[float, float] | None) -> Told | None:
    """Surely less reliable than most; `adversarial` who surely votes against what all others do."""
    if sure is None or sure[1] >= RELIABLE:
        return None
    return {
        "kind": "adversarial" if sure[1] < 0.5 else "unreliable",
        "reliability": row["reliability"],
        "lower": sure[0],
        "upper": sure[1],
        "n": row["comparisons"],
    }


def _others(share: Told | None, pooled: float | None) -> Told | None:
    if share is None or pooled is None or share["upper"] >= pooled - BEHIND:
        return None
    return {"kind": "disagrees", **share, "everybody": pooled}


def _oneself(share: Told | None) -> Told | None:
    if share is None or share["upper"] >= CONSISTENT:
        return None
    return {"kind": "inconsistent", **share}


def _swayed(bias: Told | None, name: str) -> Told | None:
    if bias is None or not bias["flagged"]:
        return None
    return {key: bias[key] for key in (name, "n", "p", "q")}


def _haste(seconds: Told | None) -> Told | None:
    if seconds is None or seconds["fast_lower"] <= HASTY:
        return None
    return {"kind": "fast", "share": seconds["fast_share"], "fast": seconds["fast"]} | {
        "n": seconds["n"],
        "median": seconds["median"],
    }
