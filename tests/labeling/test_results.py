"""Figures of a project: what is there, done and owed."""

import pytest

from labeling.results import project_progress
from labeling.services.training import next_practice, next_question, start_test
from tests.factories import make_labeler
from tests.labeling.training import answer, training_project
from tests.labeling.work import judge

pytestmark = pytest.mark.django_db


def test_training_is_no_progress() -> None:
    project = training_project(practice=1, test=1)
    before = project_progress(project=project)
    labeler, learner = make_labeler(), make_labeler()
    for person in (labeler, learner):
        answer(next_practice(project=project, labeler=person), person)
        start_test(project=project, labeler=person)
        answer(next_question(project=project, labeler=person), person)
    assert project_progress(project=project) == before
    judge(project, labeler)
    after = project_progress(project=project)
    assert (after["judgments"], after["labelers"], after["slots"]["submitted"]) == (1, 1, 1)
