"""Who acts outside of requests: commands and tasks, each in a process as they really run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from audit.models import Event
from collector.models import ImportJob, Source
from collector.tasks import run_import
from config.celery import app
from tests import factories

ROOT = Path(__file__).resolve().parent.parent.parent
EMAIL = "ana@example.org"


@pytest.mark.django_db(transaction=True)
def test_a_command_says_its_name():
    factories.make_user(EMAIL)
    database = connection.settings_dict
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(
        **{**database, "HOST": str(database["HOST"]).replace("/", "%2F")}
    )
    subprocess.run(
        [sys.executable, "manage.py", "create_token", EMAIL],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address},
        check=True,
        capture_output=True,
    )
    event = Event.objects.get(kind="token")
    assert (event.via, event.place, event.actor_id) == ("command", "create_token", None)


@pytest.mark.django_db
def test_a_task_says_its_name():
    source = Source.objects.create(project=factories.make_project(), kind="file", name="x")
    job = ImportJob.objects.create(source=source, preset="table", filename="x", attempts=5)
    assert run_import.app is app
    run_import.apply([job.pk])
    ended = Event.objects.get(kind="import", action="changed")
    assert ended.changes["status"] == ["queued", "failed"]
    assert (ended.via, ended.place) == ("task", "collector.tasks.run_import")
    assert ended.project_id == source.project_id
