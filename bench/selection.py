"""`python -m bench select`: how many votes it takes until intervals are ±20, by policy.

Synthetic crowds vote on the pairs that each policy chooses, with the code that chooses in a
project. Counted are the votes until the leaderboard's own 95% interval (clustered by labeler) is
within 20 points either way: as it is with every vote weighing the same, and as it is with votes
weighed by the inverse of their probability. What is true is known here, so the last columns say
how far off the ratings then were, and how many intervals held the truth.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.special import expit

from labeling.choosing import Choice, choose
from labeling.figures.plan import WITHIN, votes_left
from labeling.statistics.bradley_terry import SCALE, Fit, Integers, Votes, fit
from labeling.statistics.intervals import Floats
from labeling.statistics.rules import RULES, Known, Rule
from labeling.stock import Kind, Stock

BATCH = 100  # tasks made at a time: the default of a policy
MOST = 16_000  # votes, after which a policy is said not to get there
LABELERS = 200
TASTE = 0.3  # standard deviation of a labeler's own strengths around everybody's, in logits
MATURE = 300  # votes that each pair of mature models has
RUNS = 7
console = Console(width=150)

Random = np.random.Generator


@dataclass(frozen=True)
class Scenario:
    """A board and its crowd. `joins`: the last model is new, and its interval alone counts.

    With `prompts` each model has one response to each, unused so far; without, prompts never run
    out. `texts` is how far responses of one model differ, in logits.
    """

    name: str
    models: int = 10
    joins: bool = False
    prompts: int = 0
    votes_a_task: int = 1
    texts: float = 0.0
    careless: float = 0.0
    adverse: float = 0.0


SCENARIOS = (
    Scenario("a new model joins 9 mature ones", joins=True),
    Scenario("10 new models, a balanced board"),
    Scenario(
        "a new model, 450 prompts, 3 votes a task",
        joins=True,
        prompts=450,
        votes_a_task=3,
        texts=0.3,
    ),
    Scenario(
        "a new model, 30% of labelers at random, 10% adverse", joins=True, careless=0.3, adverse=0.1
    ),
)


class Even(Rule):
    """Every pair alike, which is what a policy without selection comes to."""

    def __init__(self, known: Known) -> None:
        del known

    def gains(self, first: Integers, second: Integers) -> Floats:
        return np.ones(len(first))

    def owe(self, first: int, second: int, votes: float) -> None:
        pass


POLICIES: dict[str, Callable[[Known], Rule]] = {"random": Even, **RULES}


class Plenty(Stock):
    """Prompts that never run out."""

    def __init__(self, models: int) -> None:
        super().__init__([], models=models, takes=0)
        self._pairs = np.ones((models, models), np.int64) - np.eye(models, dtype=np.int64)

    def take(self, first: int, second: int, random: Random) -> int:
        return 0


@dataclass
class Crowd:
    """Who votes, and what they would say."""

    scenario: Scenario
    random: Random
    strengths: Floats = field(init=False)

    def __post_init__(self) -> None:
        models = self.scenario.models
        strengths = self.random.normal(0, 0.7, models)
        self.strengths = strengths - strengths.mean()
        self._own = self.strengths + self.random.normal(0, TASTE, (LABELERS, models))
        kinds = self.random.random(LABELERS)
        careless, adverse = self.scenario.careless, self.scenario.adverse
        self._eta = np.where(kinds < careless, 0.5, np.where(kinds < careless + adverse, 0.1, 1.0))
        texts = self.scenario.texts
        self._texts = self.random.normal(0, texts, (max(self.scenario.prompts, 1), models))

    def votes(self, prompt: Integers, first: Integers, second: Integers) -> tuple[Any, Floats]:
        """Labelers at random, and what each says."""
        labeler = self.random.integers(0, LABELERS, len(first))
        gap = self._own[labeler, first] - self._own[labeler, second]
        gap += self._texts[prompt, first] - self._texts[prompt, second]
        eta = self._eta[labeler]
        chance = eta * expit(gap) + (1 - eta) * expit(-gap)
        return labeler, (self.random.random(len(first)) < chance).astype(float)


@dataclass
class Ballots:
    """All votes so far."""

    first: Integers
    second: Integers
    outcome: Floats
    labelers: NDArray[Any]
    weights: Floats

    def with_more(self, more: "Ballots") -> "Ballots":
        return Ballots(
            *(
                np.concatenate([getattr(self, name), getattr(more, name)])
                for name in ("first", "second", "outcome", "labelers", "weights")
            )
        )

    def known(self, models: int) -> Known:
        votes = Votes(self.first, self.second, self.outcome, np.ones(len(self.first)), models)
        return Known(votes, self.labelers, np.zeros((models, models)))

    def fit(self, models: int, *, weighed: bool) -> Fit:
        weights = self._scaled() if weighed else None
        return fit(
            self.first,
            self.second,
            self.outcome,
            models=models,
            weights=weights,
            clusters=self.labelers,
        )

    def _scaled(self) -> Floats:
        """Selected votes weigh one on average, as the leaderboard has it."""
        selected = self.weights > 0
        scale = selected.sum() / max(self.weights.sum(), 1)
        return np.where(selected, self.weights * scale, 1.0)


def _before(scenario: Scenario, crowd: Crowd) -> Ballots:
    """The votes that mature models have, of tasks nobody selected."""
    mature = scenario.models - 1 if scenario.joins else 0
    first, second = (np.repeat(side, MATURE) for side in np.triu_indices(mature, 1))
    labelers, outcome = crowd.votes(np.zeros(len(first), np.intp), first, second)
    return Ballots(first, second, outcome, labelers, np.zeros(len(first)))


def _stock(scenario: Scenario) -> Stock:
    if not scenario.prompts:
        return Plenty(scenario.models)
    everything = Kind(
        tuple(range(scenario.models)), 0, scenario.prompts, tuple(range(scenario.prompts))
    )
    takes = scenario.prompts * scenario.models
    return Stock([everything], models=scenario.models, takes=takes)


def _answered(choices: list[Choice], scenario: Scenario, crowd: Crowd) -> Ballots:
    columns = zip(*((c.prompt, c.first, c.second, 1 / c.probability) for c in choices), strict=True)
    times = scenario.votes_a_task
    prompt, first, second, weights = (np.repeat(np.array(column), times) for column in columns)
    labelers, outcome = crowd.votes(prompt, first, second)
    return Ballots(first, second, outcome, labelers, weights)


@dataclass
class Way:
    """How one of the two intervals fared: when it was there, and what was then true."""

    votes: int | None = None
    own: int = 0
    """The votes that the new model took part in; all of them on a balanced board."""
    off: float = np.nan
    held: float = np.nan
    half: float = np.inf
    foretold: list[tuple[int, int]] = field(default_factory=list)
    """After how many votes it was said how many are left."""


def _half(found: Fit) -> Floats:
    lower, upper = found.interval()
    return np.asarray((upper - lower) / 2 * SCALE)


def _note(way: Way, found: Fit, scenario: Scenario, crowd: Crowd, given: int) -> None:
    own = int(found.counts[-1]) if scenario.joins else given
    judged = slice(-1, None) if scenario.joins else slice(None)
    way.half = float(_half(found)[judged].max())
    off = np.abs(found.strengths - crowd.strengths)[judged] * SCALE
    way.off, way.held = float(off.mean()), float((off <= _half(found)[judged]).mean())
    if way.half <= WITHIN:
        way.votes, way.own = given, own
    elif given:
        plan = votes_left(half_widths=_half(found), votes=found.counts)
        left = plan.models[-1] if scenario.joins else plan.evenly
        if left is not None:
            way.foretold.append((own, left))


def simulate(scenario: Scenario, policy: str, seed: int) -> dict[bool, Way]:
    """Votes until ±20, by whether they are weighed by their inverse probability."""
    random = np.random.default_rng([seed, len(scenario.name)])
    crowd = Crowd(scenario, random)
    ballots, stock = _before(scenario, crowd), _stock(scenario)
    ways = {False: Way(), True: Way()}
    start = len(ballots.first)
    while (given := len(ballots.first) - start) < MOST:
        for weighed, way in ways.items():
            if way.votes is None and given:
                found = ballots.fit(scenario.models, weighed=weighed)
                _note(way, found, scenario, crowd, given)
        if all(way.votes is not None for way in ways.values()):
            break
        choices = choose(
            rule=POLICIES[policy](ballots.known(scenario.models)),
            stock=stock,
            tasks=BATCH,
            votes=scenario.votes_a_task,
            random=random,
        )
        if not choices:
            break
        ballots = ballots.with_more(_answered(choices, scenario, crowd))
    return ways


def _told(ways: list[Way]) -> str:
    there = sorted(way.votes for way in ways if way.votes is not None)
    if len(there) * 2 > len(ways):
        some = "" if len(there) == len(ways) else f" ({len(there)} of {len(ways)} runs)"
        return f"{there[len(there) // 2]:,}{some}"
    return f"not reached: ±{np.median([way.half for way in ways]):.0f}"


def _foretold(ways: list[Way]) -> str:
    """Said halfway, of what it took from there on."""
    shares = []
    for way in ways:
        for own, left in way.foretold:
            if way.votes and own >= way.own / 2:
                shares.append((own + left) / way.own)
                break
    return f"{np.median(shares):.0%}" if shares else "–"


def _rows(scenario: Scenario, runs: int) -> Iterator[tuple[str, list[Way], list[Way]]]:
    for policy in POLICIES:
        found = [simulate(scenario, policy, seed) for seed in range(runs)]
        yield policy, [each[False] for each in found], [each[True] for each in found]


def run(scale: float = 1.0) -> dict[str, Any]:
    """Simulate, print a table, and return the votes by scenario and policy (median of runs)."""
    runs = max(1, round(RUNS * scale))
    figures: dict[str, Any] = {}
    for scenario in SCENARIOS:
        table = Table(title=f"{scenario.name}: votes until ±{WITHIN:.0f}, median of {runs} runs")
        for heading in ("policy", "votes", "weighed by 1/p", "off by", "held", "foretold halfway"):
            table.add_column(heading, justify="right")
        for policy, plain, weighed in _rows(scenario, runs):
            table.add_row(
                policy,
                _told(plain),
                _told(weighed),
                f"{np.mean([way.off for way in plain]):.0f}",
                f"{np.mean([way.held for way in plain]):.0%}",
                _foretold(plain),
            )
            figures[f"{scenario.name}, {policy}"] = [_median(plain), _median(weighed)]
        console.print(table)
    return figures


def _median(ways: list[Way]) -> float | None:
    there = [way.votes for way in ways if way.votes is not None]
    return float(np.median(there)) if len(there) * 2 > len(ways) else None
