"""Judgments of excluded labelers: in no row made from now on, and in every version as frozen."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command

from collector.models import Project
from exports.differences import difference, lineage
from exports.formats import FORMATS
from exports.models import DatasetVersion
from exports.services.preview import preview
from exports.services.stream import stream_rows
from exports.services.versions import build_version, plan_of, start_version
from exports.services.writing import write_folder
from labeling.models import Judgment
from labeling.services.standings import set_standing
from tests.exports.builders import judge
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db

# Others have no rows here, or none that say who was asked.
TELLING = {"preference", "preference_text", "ranked", "judgments", "openai_dpo", "nemo"}

# The winners' texts tell who said so.
ANA, BO = "what Ana likes", "what Bo likes"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project() -> Project:
    """Ana and Bo have judged one prompt each, and both another, on which they disagree."""
    project = make_project()
    ana, bo = (make_labeler(user=None) for _ in range(2))
    for labelers in ([ana], [bo], [ana, bo]):
        prompt = make_prompt(project)
        liked = {ana: make_response(prompt, ANA), bo: make_response(prompt, BO, "model-b")}
        for labeler in labelers:
            tiers = [[liked.pop(labeler)], [*liked.values()]]
            liked[labeler] = tiers[0][0]
            judge(prompt, tiers, labeler=labeler)
    return project


def exclude_ana(project: Project, state: str = "excluded") -> None:
    ana = Judgment.objects.order_by("pk")[0].labeler
    set_standing(project=project, labeler=ana, state=state, reason="Copied answers.")


def frozen(project: Project) -> DatasetVersion:
    version = start_version(
        project=project, name="main", formats=["preference"], container="jsonl", recipe={}
    )
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded"
    return version


def rewritten(version: DatasetVersion, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    kept = DatasetVersion.objects.get(pk=version.pk)
    write_folder(plan=plan_of(kept), folder=folder, on_progress=lambda share: None)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_format_is_as_if_they_had_said_nothing(project: Project, form: str) -> None:
    def rows() -> list[bytes]:
        return list(stream_rows(project=project, format=form, recipe={}))

    of_both = rows()
    exclude_ana(project)
    of_bo = rows()
    exclude_ana(project, "active")
    assert rows() == of_both
    hers = Judgment.objects.filter(labeler=Judgment.objects.order_by("pk")[0].labeler)
    hers.delete()
    assert rows() == of_bo
    assert of_bo != of_both or form not in TELLING


def test_streams_and_previews_leave_them_out_at_once(project: Project) -> None:
    def winners() -> list[str]:
        lines = b"".join(stream_rows(project=project, format="preference", recipe={}))
        return sorted(orjson.loads(line)["chosen"][0]["content"] for line in lines.splitlines())

    assert winners() == [ANA, ANA, BO, BO]
    exclude_ana(project)
    assert winners() == [BO, BO]
    assert preview(project=project, format="preference", recipe={}).items == 2
    exclude_ana(project, "active")
    assert winners() == [ANA, ANA, BO, BO]


@pytest.mark.django_db(transaction=True)
def test_a_version_keeps_the_list_and_its_bytes(project: Project, tmp_path: Path) -> None:
    first = frozen(project)
    assert first.exclusions["labelers"] == []
    exclude_ana(project)
    ana = Judgment.objects.order_by("pk")[0].labeler_id
    second = frozen(project)
    assert second.exclusions["labelers"] == [ana]
    exclude_ana(project, "active")
    third = frozen(project)
    assert third.exclusions["labelers"] == []
    rows = [sum(v.manifest["formats"]["preference"]["written"].values()) for v in (first, second)]
    assert rows == [4, 2]
    for version, rows_of in ((first, 4), (second, 2), (third, 4)):
        files = rewritten(version, tmp_path / str(version.number))
        lines = b"".join(data for name, data in files.items() if name.startswith("preference."))
        assert len(lines.splitlines()) == rows_of
        assert orjson.loads(files["manifest.json"]) == version.manifest


@pytest.mark.django_db(transaction=True)
def test_lineage_and_differences_tell_of_it(project: Project) -> None:
    first = frozen(project)
    exclude_ana(project)
    second = frozen(project)
    exclude_ana(project, "active")
    third = frozen(project)
    assert lineage(second) == second.lineage == {"added": 0, "retired": 2, "erased": 0}
    assert lineage(third) == third.lineage == {"added": 2, "retired": 0, "erased": 0}
    assert difference(old=first, new=second)["judgments"] == {"added": 0, "removed": 2, "kept": 2}
    assert difference(old=first, new=third)["judgments"] == {"added": 0, "removed": 0, "kept": 4}


def test_a_dataset_made_without_a_version_leaves_them_out(project: Project, tmp_path: Path) -> None:
    exclude_ana(project)
    out = tmp_path / "out"
    call_command("export_dataset", project.slug, "--format", "preference", "--out", str(out))
    lines = b"".join(file.read_bytes() for file in out.glob("preference.*")).splitlines()
    assert [orjson.loads(line)["chosen"][0]["content"] for line in lines] == [BO, BO]
