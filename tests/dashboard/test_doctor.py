"""What the doctor finds, in an installation that is well and in one that is not."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from collector.models import Generator, GeneratorRevision, ImportJob, Source
from dashboard.doctor import Finding, examine
from dashboard.doctor.finding import State
from tests.factories import make_project
from tests.fake_llm import start_fake_llm

pytestmark = pytest.mark.django_db


def found(part: str, **options: bool) -> list[Finding]:
    return list(examine(only=[part], **options))


def states(part: str) -> list[State]:
    return [each.state for each in found(part)]


def make_generator(name: str = "heron", **fields: object) -> GeneratorRevision:
    generator = Generator.objects.create(name=name)
    return GeneratorRevision.objects.create(
        generator=generator, number=1, provider="openai", model="m", **fields
    )


def test_servers_that_are_well() -> None:
    version, *others = found("database")
    assert (version.state, version.detail.split()[0]) == ("ok", "PostgreSQL")
    assert "failed" not in [each.state for each in others]  # a busy server may be warned of
    assert states("broker") == ["ok"]
    assert states("backlog") == ["ok"]


def test_a_file_is_written_read_and_deleted_again(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert states("storage") == ["ok"]
    assert list(tmp_path.iterdir()) == []
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("no folder")
    (broken,) = found("storage")
    assert (broken.state, broken.advice) == ("failed", "Let the server's user write there.")


def test_workers_are_missed_and_found(celery_worker_process) -> None:
    (missing,) = found("workers")
    assert missing.state == "failed"
    assert "generation" in missing.detail
    celery_worker_process()
    there = found("workers")
    assert [each for each in there if each.state == "ok"]


def test_the_schedule_is_kept_or_not() -> None:
    (never,) = found("schedule")
    assert never.state == "failed"
    every = IntervalSchedule.objects.create(every=15, period="seconds")
    beat = PeriodicTask.objects.create(
        name="pull-preferences", task="t", interval=every, last_run_at=timezone.now()
    )
    assert states("schedule") == ["ok"]
    PeriodicTask.objects.filter(pk=beat.pk).update(
        last_run_at=timezone.now() - timedelta(minutes=6)
    )
    assert states("schedule") == ["failed"]


def test_jobs_that_wait_for_long_are_told() -> None:
    source = Source.objects.create(project=make_project(), kind="table", name="f")
    job = ImportJob.objects.create(source=source, preset="table")
    assert states("backlog") == ["ok"]
    ImportJob.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=11))
    (late,) = found("backlog")
    assert (late.state, late.detail) == ("warning", "1 imports wait for more than 10 minutes.")


def test_generators_are_looked_at_without_being_asked(settings) -> None:
    settings.CONCORD_ALLOWED_MODEL_HOSTS = ["models.test"]
    make_generator("allowed", base_url="https://models.test/v1")
    make_generator("elsewhere", base_url="https://elsewhere.test/v1")
    make_generator("keyless", base_url="https://models.test/v1", key_alias="none")
    Generator.objects.filter(name="allowed").update(paused_at=timezone.now(), pause_reason="401")
    told = [(each.state, each.detail.split()[0].strip(":")) for each in found("models")]
    assert told == [
        ("warning", "allowed"),
        ("ok", "allowed"),
        ("failed", "elsewhere"),
        ("failed", "keyless"),
    ]


def test_generators_are_asked_where_that_is_wanted() -> None:
    with start_fake_llm() as llm:
        make_generator(base_url=llm.base_url)
        assert [each.state for each in found("models")] == ["ok"]
        assert llm.received == []
        told = [each.detail for each in found("models", ask_models=True)]
    assert told == ["heron is ready to be asked", "heron answered"]
    (*_, away) = found("models", ask_models=True)
    assert away.state == "failed"


def test_dangerous_settings_are_told(settings) -> None:
    settings.DEBUG = True
    settings.SITE_URL = "http://concord.example.org"
    said = " ".join(each.detail for each in found("settings"))
    assert "DEBUG is on" in said
    assert "ALLOWED_HOSTS does not name concord.example.org" in said
    assert "HTTPS is off" in said
    settings.DEBUG, settings.HTTPS = False, True
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://c.example.org", ["c.example.org"]
    settings.SECRET_KEY = "k" * 50
    assert states("settings") == ["ok"]


def test_the_command_prints_json_and_fails_where_something_is_broken() -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="things looked at do not work"):
        call_command("doctor", json=True, only=["backlog", "schedule"], stdout=out)
    assert {"part": "backlog", "state": "ok", "detail": "nothing waits for long", "advice": ""} in (
        json.loads(out.getvalue())
    )
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("doctor", "--only", "schedule", stdout=out)
    assert "Start one `celery -A config beat`" in " ".join(out.getvalue().split())
