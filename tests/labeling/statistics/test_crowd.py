"""People and judgments together: who votes at random, who against, and what is true."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import beta

from labeling.statistics import bradley_terry
from labeling.statistics.crowd import crowd_bt, dawid_skene, reliability_intervals
from tests.labeling.statistics.crowds import crowd


def test_reliable_random_and_adversarial_labelers_are_told_apart():
    eta = np.array([1.0] * 20 + [0.5] * 8 + [0.05] * 8)
    votes = crowd(seed=1, models=6, labelers=36, votes_each=150, reliabilities=eta, scale=1.5)
    found = crowd_bt(votes.first, votes.second, votes.outcome, votes.labelers, models=6)
    assert (found.reliabilities[:20] > 0.8).all()
    assert np.abs(found.reliabilities[20:28] - 0.5).max() < 0.2
    assert (found.reliabilities[28:] < 0.25).all()
    plain = bradley_terry.fit(votes.first, votes.second, votes.outcome, models=6)
    error = np.abs(found.strengths - votes.strengths).max()
    assert error < 0.8
    assert error < np.abs(plain.strengths - votes.strengths).max() / 2


def test_the_gradient_leads_to_a_maximum_of_the_formula():
    votes = crowd(seed=2, models=4, labelers=6, votes_each=40, reliabilities=0.8)
    found = crowd_bt(votes.first, votes.second, votes.outcome, votes.labelers, models=4)

    def posterior(strengths, eta):
        up = expit(strengths[votes.first] - strengths[votes.second])
        mine = eta[votes.labelers]
        agrees = mine * up + (1 - mine) * (1 - up)
        likelihood = np.where(votes.outcome == 1, agrees, 1 - agrees)
        prior = 3 * np.log(eta).sum() - 0.05 * strengths @ strengths
        return np.log(likelihood).sum() + prior

    best = posterior(found.strengths, found.reliabilities)
    random = np.random.default_rng(0)
    for _ in range(200):
        strengths = found.strengths + random.normal(0, 0.05, 4)
        eta = np.clip(found.reliabilities + random.normal(0, 0.02, 6), 1e-6, 1 - 1e-6)
        assert posterior(strengths, eta) <= best + 1e-6


def test_dawid_and_skene_weigh_votes_by_who_gives_them():
    random = np.random.default_rng(3)
    truth = random.integers(0, 3, 300)
    skill = [0.9, 0.85, 0.9, 0.35, 0.35]
    items, people, labels = [], [], []
    for person, right in enumerate(skill):
        for item, true in enumerate(truth):
            said = true if random.random() < right else random.integers(0, 3)
            items.append(item)
            people.append(f"p{person}")
            labels.append("abc"[said])
    found = dawid_skene(items, people, labels)
    accuracy = np.mean(found.labels == np.array(list("abc"))[truth])
    votes = np.zeros((300, 3))
    np.add.at(votes, (items, ["abc".index(label) for label in labels]), 1)
    majority = np.mean(votes.argmax(axis=1) == truth)
    assert accuracy > max(majority, 0.95)
    diagonal = np.trace(found.confusions, axis1=1, axis2=2) / 3
    assert (diagonal[:3] > 0.8).all()
    assert (diagonal[3:] < 0.65).all()
    assert found.posteriors.sum(axis=1) == pytest.approx(np.ones(300))


def test_dawid_and_skene_step_by_step():
    """The same algorithm written out in loops, as the paper does."""
    items = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    people = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 2]
    labels = [0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0]
    votes = list(zip(items, people, labels, strict=True))
    belief = np.zeros((4, 2))
    for item, _person, label in votes:
        belief[item, label] += 1
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(500):
        prevalence = belief.mean(axis=0)
        confusion = np.full((3, 2, 2), 0.01)
        for item, person, label in votes:
            confusion[person, :, label] += belief[item]
        confusion /= confusion.sum(axis=2, keepdims=True)
        fresh = np.tile(prevalence, (4, 1))
        for item, person, label in votes:
            fresh[item] *= confusion[person, :, label]
        belief = fresh / fresh.sum(axis=1, keepdims=True)
    found = dawid_skene(items, people, labels)
    assert found.posteriors == pytest.approx(belief, abs=1e-4)


@pytest.mark.parametrize("right", [10, 3, 5])
def test_the_interval_of_a_reliability_holds_it_and_what_the_posterior_says(right):
    # Of models endlessly far apart votes are right or wrong: the posterior is Beta(right + 4, …).
    outcome = np.arange(10) < right
    found = reliability_intervals([30.0] * 10, outcome, ["a"] * 10)
    posterior = beta(right + 4, 10 - right + 1)
    lower, upper = found.lower[0], found.upper[0]
    assert lower <= found.likeliest[0] <= upper
    assert posterior.cdf(upper) - posterior.cdf(lower) == pytest.approx(0.95, abs=0.02)
    if right < 10:
        assert posterior.pdf(lower) == pytest.approx(posterior.pdf(upper), abs=0.1)
    else:
        assert upper == 1.0


def test_nobody_said_anything():
    found = dawid_skene([], [], [])
    assert found.posteriors.shape == (0, 0)
    assert found.labels.tolist() == []
    assert len(reliability_intervals([], [], []).lower) == 0
