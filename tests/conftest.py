"""Fixtures that every part's tests share."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache

# playwright's sync API leaves a loop running in this thread once a browser test has run, and Django
# would take all that comes after for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

BASE_DIR = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CHROMIUM_MISSING = (
    "no Chromium here: `apt-get install --no-install-recommends chromium fonts-liberation`"
    " (or `.venv/bin/playwright install --with-deps chromium`)"
)


def find_chromium() -> str | None:
    """The system's Chromium, else the one that playwright has downloaded, else None."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright"))
    found_in = sorted(downloads.expanduser().glob("chromium-*/chrome-linux*/chrome"))
    return str(found_in[-1]) if found_in else None


def pytest_configure() -> None:
    """Settings of every test: files from the tree, cheap passwords, limits that none meets."""
    from django.conf import settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.API_REQUESTS_PER_MINUTE = settings.API_ANONYMOUS_PER_MINUTE = 1_000_000
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last, and skip them, saying how to get one, where there is no browser.

    Last, for playwright's sync API leaves a loop running in this thread, in which code that starts
    a loop of its own cannot be tested any more.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    browser_tests = [item for item in items if item.get_closest_marker("browser")]
    if browser_tests and find_chromium() is None:
        for item in browser_tests:
            item.add_marker(pytest.mark.skip(reason=CHROMIUM_MISSING))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright: the system's Chromium, talking to nobody but the test server."""
    return browser_type_launch_args | {
        "executable_path": find_chromium(),
        "args": list(CHROMIUM_FLAGS),
    }


@pytest.fixture(scope="session", autouse=True)
def _static_files_from_their_folders() -> Iterator[None]:
    """Pages find their scripts and styles without `collectstatic`."""
    from django.conf import settings
    from django.test import override_settings

    storages = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    with override_settings(
        STORAGES=storages, WHITENOISE_AUTOREFRESH=True, WHITENOISE_USE_FINDERS=True
    ):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Transactional tests empty every table at their end, the audit's too."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET concord.audit_may_be_emptied TO 'on'")
        connection.close()  # what comes next is told so


@pytest.fixture
def clean_redis() -> Iterator[None]:
    """An empty Redis database before and after: no messages, no cache entries."""
    cache.clear()
    yield
    cache.clear()


def service_environment() -> dict[str, str]:
    """The environment for a process of ours that works on the test database and Redis."""
    from django.conf import settings
    from django.db import connection

    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    port = f":{database['PORT']}" if database["PORT"] else ""
    password = f":{quote(str(database['PASSWORD']), safe='')}" if database["PASSWORD"] else ""
    return os.environ | {
        "DATABASE_URL": f"postgres://{database['USER']}{password}@{host}{port}/{database['NAME']}",
        "REDIS_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "CONCORD_EMBEDDED": "1",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def celery_worker_process(
    transactional_db: None, clean_redis: None
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A function that starts a real worker for `queues` and returns it once it takes tasks.

    Keyword arguments are added to the worker's environment. The test must commit what the worker
    is to see; workers that still run are ended with the test.
    """
    workers: list[subprocess.Popen[str]] = []

    def start(
        queues: str = "default,exports,statistics", *, pool: str = "solo", **environment: str
    ) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queues),
                *("--pool", pool, "--loglevel", "info", "--hostname", f"w{len(workers)}@%n"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            cwd=BASE_DIR,
            env=service_environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        workers.append(worker)
        _wait_for_line(worker, " ready.")
        return worker

    yield start
    for worker in workers:
        _end(worker)


def _wait_for_line(process: subprocess.Popen[str], ending: str) -> None:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.rstrip().endswith(ending):
            return
    pytest.fail("the process ended before it was ready:\n" + "".join(said))


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
