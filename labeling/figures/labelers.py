"""What is known of each labeler of a project: how much, how well, how fast, and swayed by what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.models import Labeler
from collector.models import Project
from labeling.exclusions import excluded_labelers
from labeling.figures.answers import Again, Answers, read_both
from labeling.figures.choice import Choice
from labeling.figures.flags import flags_of
from labeling.figures.plain import plain
from labeling.figures.sides import read_places, read_sides
from labeling.figures.votes import VoteTable, table_of
from labeling.figures.work import comparisons_of, judgments_of, seconds_of
from labeling.gold_answers import gold_answers
from labeling.models import LabelerStanding, PolicyVersion
from labeling.models.judgments import Purpose
from labeling.statistics.agreement import leave_one_out
from labeling.statistics.bias import length_biases, position_bias_of_counts
from labeling.statistics.crowd import Reliability, crowd_bt, reliability_intervals
from labeling.statistics.gold import accuracy
from labeling.statistics.intervals import Floats, Share, ranking_effect, wilson

Told = dict[str, Any]
ByLabeler = dict[int, Told]
Effects = Mapping[int, float]  # of each labeler, how much the pairs of a judgment vary together


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Reliabilities of labelers, and the strengths (by a generator's id) they go with."""

    reliability: Mapping[int, float]
    intervals: Mapping[int, list[float]]
    sure: Mapping[int, tuple[float, float]]  # 99%, for flags
    strengths: Mapping[int, float]


def labelers(*, project: Project, choice: Choice | None = None) -> list[Told]:
    """A row for each labeler with judgments in force, by id; what is not known yet is null.

    Excluded labelers have rows too, but no say in what others are measured by. The members are
    described in docs/statistics.md.
    """
    chosen = replace(choice or Choice(project), everyone=True)
    shut_out = excluded_labelers(project=project)
    counts = judgments_of(chosen)
    policy = project.policies.order_by("-number").first() or PolicyVersion()
    said = comparisons_of(chosen)
    effects = {pk: float(ranking_effect(said.get(pk, 0) / counts[pk])) for pk in counts}
    crowd = _crowd(table_of(chosen), shut_out, effects)
    figures = _figures(chosen, policy, shut_out, crowd, effects)
    standings = dict(
        LabelerStanding.objects.filter(project=project).values_list("labeler", "state")
    )
    rows = [
        _who(person, standings.get(person.pk))
        | {"judgments": counts[person.pk], "comparisons": said.get(person.pk, 0)}
        | {name: found.get(person.pk) for name, found in figures.items()}
        for person in Labeler.objects.filter(pk__in=counts).order_by("pk")
    ]
    pooled = _pooled(rows, shut_out)
    for row in rows:
        row["seconds"] = (row["seconds_detail"] or {}).get("median")
        row["flags"] = flags_of(row, policy=policy, sure=crowd.sure, pooled=pooled)
    return rows


def _who(person: Labeler, standing: str | None) -> Told:
    """A judge of an imported source goes by the name it has there."""
    return {
        "id": person.pk,
        "labeler": person.known_as or person.pseudonym,
        "pseudonym": person.pseudonym,
        "kind": person.kind,
        "standing": standing,
    }


def _figures(
    choice: Choice, policy: PolicyVersion, shut_out: list[int], crowd: _Crowd, effects: Effects
) -> dict[str, Mapping[int, Any]]:
    """Each member of the rows by labeler (an id)."""
    answers, again = read_both(replace(choice, purposes=(*choice.purposes, Purpose.REPEAT)))
    return {
        "reliability": crowd.reliability,
        "reliability_interval": crowd.intervals,
        "gold": _gold(choice.project, policy),
        "leave_one_out": _with_others(answers, shut_out, effects),
        "self_consistency": _with_oneself(again, effects),
        "position": _position(choice),
        "length": _length(choice, crowd, effects),
        "seconds_detail": seconds_of(choice, labelers=sorted(effects)),
    }


def _crowd(table: VoteTable, shut_out: list[int], effects: Effects) -> _Crowd:
    """Strengths and reliabilities from who counts, then what the others' votes say of theirs."""
    size = len(table.models)
    counts = ~np.isin(table.labelers, shut_out)
    if not counts.any():
        return _Crowd({}, {}, {}, {})
    fit = crowd_bt(
        table.first[counts],
        table.second[counts],
        table.outcome[counts],
        table.labelers[counts],
        models=size,
        weights=table.votes[counts],
    )
    advantage = fit.strengths[table.first] - fit.strengths[table.second]
    proof = table.votes / _by(effects, table.labelers)
    found, sure = (
        reliability_intervals(
            advantage, table.outcome, table.labelers, weights=proof, confidence=level
        )
        for level in (0.95, 0.99)
    )
    fitted = dict(zip(fit.labelers.tolist(), fit.reliabilities.tolist(), strict=True))
    return _Crowd(
        dict(zip(found.labelers.tolist(), found.likeliest.tolist(), strict=True)) | fitted,
        {pk: [lower, upper] for pk, lower, upper in _ends(found)},
        {pk: (lower, upper) for pk, lower, upper in _ends(sure)},
        {model.id: float(own) for model, own in zip(table.models, fit.strengths, strict=True)},
    )


def _by(effects: Effects, labelers: NDArray[Any]) -> Floats:
    """The effect of each of these labelers, 1 of who gave no judgment that counts."""
    people, at = np.unique(labelers, return_inverse=True)
    return np.array([effects.get(pk, 1.0) for pk in people.tolist()], float)[at]


def _ends(found: Reliability) -> list[tuple[int, float, float]]:
    columns = (found.labelers.tolist(), found.lower.tolist(), found.upper.tolist())
    return list(zip(*columns, strict=True))


def _gold(project: Project, policy: PolicyVersion) -> ByLabeler:
    """Answers to hidden items with a known answer, against the share the policy asks for."""
    told = {}
    for pk, answers in gold_answers(project_id=project.pk).items():
        found = accuracy(answers.right, answers.total, minimum=policy.gold_minimum)
        told[pk] = {
            "right": plain(found.right),
            "n": found.total,
            "accuracy": plain(found.share),
            "lower": plain(found.lower),
            "upper": plain(found.upper),
            "minimum": policy.gold_minimum,
            "p": plain(found.p),
        }
    return told


def _with_others(answers: Answers, shut_out: list[int], effects: Effects) -> ByLabeler:
    """How often each says what most of the others say of the same two texts."""
    found = leave_one_out(
        answers.item,
        answers.labeler,
        answers.answer,
        counted=~np.isin(answers.labeler, shut_out),
    )
    people, said = found.labelers, found.agreement
    again = wilson(said.count, said.total, effect=_by(effects, people))
    return _shares(people.tolist(), again)


def _with_oneself(again: Again, effects: Effects) -> ByLabeler:
    """How often each says the same of two texts as the last time."""
    people, labeler = np.unique(again.labeler, return_inverse=True)
    same = np.bincount(labeler, again.same, len(people))
    total = np.bincount(labeler, minlength=len(people))
    return _shares(people.tolist(), wilson(same, total, effect=_by(effects, people)))


def _shares(people: list[int], found: Share) -> ByLabeler:
    return {
        pk: {
            "agreement": plain(found.share[at]),
            "n": int(found.total[at]),
            "lower": plain(found.lower[at]),
            "upper": plain(found.upper[at]),
        }
        for at, pk in enumerate(people)
        if found.total[at]
    }


def _position(choice: Choice) -> ByLabeler:
    """How often each chose what was shown first."""
    places = read_places(choice)
    found = position_bias_of_counts(places.labelers, places.first, places.chosen)
    return {
        int(pk): {
            "first": plain(found.first.share[at]),
            "n": int(found.first.total[at]),
            "lower": plain(found.first.lower[at]),
            "upper": plain(found.first.upper[at]),
            "p": plain(found.p[at]),
            "q": plain(found.q[at]),
            "flagged": bool(found.flagged[at]),
        }
        for at, pk in enumerate(places.labelers)
    }


def _length(choice: Choice, crowd: _Crowd, effects: Effects) -> ByLabeler:
    """How often each chose the longer text, and whether more than its model explains."""
    sides = read_sides(choice)
    ids = np.array(sorted(crowd.strengths), np.int64)
    strengths = np.array([crowd.strengths[pk] for pk in ids.tolist()])

    def strength(models: Any) -> Any:
        place = np.searchsorted(ids, models)
        known = np.isin(models, ids)
        return np.where(known, np.append(strengths, 0.0)[np.where(known, place, -1)], 0.0)

    found = length_biases(
        sides.labeler,
        sides.first_length,
        sides.second_length,
        sides.outcome,
        advantage=strength(sides.first_model) - strength(sides.second_model),
        effect=_by(effects, sides.labeler),
    )
    return {
        int(pk): {
            "longer": plain(found.longer.share[at]),
            "n": int(found.longer.total[at]),
            "lower": plain(found.longer.lower[at]),
            "upper": plain(found.longer.upper[at]),
            "coefficient": plain(found.coefficient[at]),
            "standard_error": plain(found.standard_error[at]),
            "adjusted": plain(found.adjusted[at]),
            "p": plain(found.p[at]),
            "q": plain(found.q[at]),
            "flagged": bool(found.flagged[at]),
        }
        for at, pk in enumerate(found.labelers)
        if found.longer.total[at]
    }


def _pooled(rows: list[Told], shut_out: list[int]) -> float | None:
    """How often those who count say what most of the others say, all together."""
    shares = [
        row["leave_one_out"] for row in rows if row["leave_one_out"] and row["id"] not in shut_out
    ]
    total = sum(share["n"] for share in shares)
    agreed = sum(share["n"] * share["agreement"] for share in shares)
    return agreed / total if total else None
