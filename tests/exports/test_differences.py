"""What changed between two versions, and how a version came from its parent."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Labeler
from collector.models import Project
from common.errors import InvalidInput
from exports.differences import difference, lineage
from exports.models import DatasetVersion
from exports.services.versions import build_version, start_version
from labeling.models.judgments import Judgment
from labeling.services.privacy import erase
from tests.exports.builders import judge, now
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def project() -> Project:
    return make_project("poems")


def judged(project: Project, labeler: Labeler | None = None) -> Judgment:
    prompt = make_prompt(project)
    best, other = make_response(prompt), make_response(prompt, revision="model-b")
    return judge(prompt, [[best], [other]], labeler=labeler)


def built(project: Project, **recipe: Any) -> DatasetVersion:
    version = start_version(
        project=project, name="d", formats=["preference"], container="jsonl", recipe=recipe
    )
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    return version


def retire(judgment: Judgment) -> None:
    Judgment.objects.filter(pk=judgment.pk).update(retired_at=now())
    judgment.comparisons.update(retired_at=now())


def test_each_change_is_counted_where_it_belongs(project: Project) -> None:
    ana = make_labeler()
    corrected, _kept, _hers = judged(project), judged(project), judged(project, ana)
    first = built(project)
    retire(corrected)
    assert ana.user
    erase(user=ana.user, labeler=ana)
    judged(project)
    judged(project)
    second = built(project)
    assert second.lineage == {"added": 2, "retired": 1, "erased": 1}
    assert second.manifest["lineage"] == second.lineage
    assert difference(old=first, new=second) == {
        "judgments": {"added": 2, "removed": 1, "kept": 2},
        "prompts": {"added": 2, "removed": 1, "kept": 2},
        "rows": {"preference": {"old": 3, "new": 4}},
        "agreement": {"old": None, "new": None},
    }
    backwards = difference(old=second, new=first)
    assert backwards["judgments"] == {"added": 1, "removed": 2, "kept": 2}


def test_what_comes_after_both_changes_nothing(project: Project) -> None:
    judged(project)
    first, second = built(project), built(project)
    before = difference(old=first, new=second)
    judged(project)
    assert difference(old=first, new=second) == before
    assert lineage(second) == second.lineage == {"added": 0, "retired": 0, "erased": 0}
    assert (first.lineage, lineage(first)) == ({}, None)


def test_another_recipe_is_a_difference_too(project: Project) -> None:
    judged(project)
    first, second = built(project), built(project, languages=["xx"])
    assert difference(old=first, new=second)["judgments"] == {"added": 0, "removed": 1, "kept": 0}


def test_agreement_of_both_is_told(project: Project) -> None:
    prompt = make_prompt(project)
    best, other = make_response(prompt), make_response(prompt, revision="model-b")
    judge(prompt, [[best], [other]])
    judge(prompt, [[best], [other]])
    first = built(project)
    judge(prompt, [[other], [best]])
    assert difference(old=first, new=built(project))["agreement"] == {"old": 1.0, "new": 0.3333}


def test_versions_of_two_projects_are_not_compared(project: Project) -> None:
    other = make_project("prose")
    judged(project)
    judged(other)
    with pytest.raises(InvalidInput):
        difference(old=built(project), new=built(other))


def test_a_version_that_was_never_frozen_is_not_compared(project: Project) -> None:
    judged(project)
    version = built(project)
    never = DatasetVersion(dataset=version.dataset, number=9, created_at=timezone.now())
    with pytest.raises(InvalidInput):
        difference(old=never, new=version)
