"""The demo project: whole after one call, unchanged after the next."""

import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services import has_consented
from api.authentication import TokenAuthentication
from collector.models import ImportJob, Membership, Message, Project
from labeling import demo
from labeling.demo import create_demo
from labeling.models import Slot, Task
from labeling.services.claiming import claim
from labeling.services.progress import progress_of
from labeling.services.training import next_practice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


def sample_prompts() -> int:
    with demo.SAMPLE.open(newline="", encoding="utf-8") as file:
        return len({row["human_prompt"] for row in csv.DictReader(file)})


def test_the_demo_has_people_prompts_and_tasks(data_dir: Path) -> None:
    made = create_demo()

    assert json.loads((data_dir / "demo.json").read_text()) == made
    assert (data_dir / "demo.json").stat().st_mode & 0o777 == 0o600
    roles = Counter(Membership.objects.filter(project__slug="demo").values_list("role", flat=True))
    assert roles == {"labeler": 3, "researcher": 1, "reviewer": 1, "trainer": 1}
    assert User.objects.get(is_superuser=True).email == made["users"]["admin"]["email"]
    prompts = Message.objects.filter(role="user").count()
    assert prompts == sample_prompts()
    assert Task.objects.count() == prompts
    assert Slot.objects.count() == prompts * demo.JUDGMENTS_A_TASK


def test_the_demo_has_practice_that_nobody_has_to_do() -> None:
    create_demo()
    project = Project.objects.get(slug="demo")
    labeler = User.objects.get(email="labeler@example.org").labeler
    assert progress_of(project=project, labeler=labeler).may_work
    explained = [bool(item.explanation) for item in project.gold_items.filter(use="practice")]
    assert explained == [True, True, True]
    item = next_practice(project=project, labeler=labeler)
    work = claim(project=project, labeler=labeler)
    assert item
    assert work
    assert item.slot != work.slot


def test_everybody_can_sign_in_and_has_consented() -> None:
    for name, sign_in in create_demo()["users"].items():
        user = User.objects.get(email=sign_in["email"])
        assert user.check_password(sign_in["password"]), name
        found, _token = TokenAuthentication().authenticate_credentials(sign_in["token"].encode())
        assert found == user
        assert has_consented(labeler=user.labeler), name


def test_making_it_again_changes_nothing() -> None:
    first = create_demo()
    counts = [model.objects.count() for model in (User, Message, Task, Slot, ImportJob)]
    assert create_demo() == first
    assert [model.objects.count() for model in (User, Message, Task, Slot, ImportJob)] == counts


def test_what_demo_json_lost_is_made_anew(data_dir: Path) -> None:
    first = create_demo()
    (data_dir / "demo.json").unlink()
    second = create_demo()
    for name, sign_in in second["users"].items():
        assert sign_in["email"] == first["users"][name]["email"]
        assert sign_in["password"] != first["users"][name]["password"]
        assert User.objects.get(email=sign_in["email"]).check_password(sign_in["password"])


def test_the_command_prints_the_file(data_dir: Path) -> None:
    out = StringIO()
    call_command("demo", json=True, stdout=out)
    assert json.loads(out.getvalue()) == json.loads((data_dir / "demo.json").read_text())
