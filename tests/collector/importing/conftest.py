"""Importing a file given as bytes, by the service, as a worker would."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from collector.models import ImportJob, Project
from collector.services.imports import run_import, start_import
from tests.factories import make_project

ImportFile = Callable[..., ImportJob]


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def import_file(project: Project) -> ImportFile:
    """`import_file(content, name, preset="table", project=…, **mapping)`: the finished job."""

    def import_it(
        content: bytes | str,
        name: str = "prompts.csv",
        preset: str = "table",
        project: Project = project,
        options: dict[str, str] | None = None,
        **mapping: str,
    ) -> ImportJob:
        data = content if isinstance(content, bytes) else content.encode()
        job = start_import(
            project=project,
            preset=preset,
            filename=name,
            content=io.BytesIO(data),
            mapping=mapping,
            options=options,
            enqueued=False,
        )
        run_import(job_id=job.pk)
        job.refresh_from_db()
        return job

    return import_it


@pytest.fixture
def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that works on the test database."""
    base, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    return os.environ | {
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    """read, created, duplicates, rejected"""
    return job.read, job.created, job.duplicates, job.rejected


def rejections(job: ImportJob) -> list[tuple[int, str]]:
    samples: list[dict[str, Any]] = job.errors
    return [(sample["row"], sample["code"]) for sample in samples]
