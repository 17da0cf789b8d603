"""Start-up without embedded servers: refused by name while anything is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.processes import BASE_DIR, environment

EVERYTHING = {
    "CONCORD_EMBEDDED": "0",
    "SECRET_KEY": "s",
    "DATABASE_URL": "postgres://db.example.org/concord",
    "REDIS_URL": "redis://redis.example.org:6379/0",
    "METRICS_TOKEN": "m",
}


def import_settings(settings: dict[str, str], say: str = '""') -> subprocess.CompletedProcess[str]:
    """A process that imports the settings and prints those that `say` names."""
    return subprocess.run(
        [sys.executable, "-c", f"from config.settings import *; print({say})"],
        cwd=BASE_DIR,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_load_when_everything_is_named() -> None:
    assert import_settings(EVERYTHING).returncode == 0


def test_a_variable_handed_on_empty_is_as_good_as_unset() -> None:
    loaded = import_settings(EVERYTHING | {"DATA_DIR": "", "PORT": ""}, say="DATA_DIR, SITE_URL")
    assert loaded.stdout.split() == [str(BASE_DIR / ".data"), "http://127.0.0.1:8000"]


@pytest.mark.parametrize(
    "absent",
    [
        ("SECRET_KEY", "METRICS_TOKEN"),
        ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN"),
    ],
)
def test_start_up_names_every_setting_that_is_missing(absent: tuple[str, ...]) -> None:
    done = import_settings({name: EVERYTHING[name] for name in EVERYTHING if name not in absent})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"django.core.exceptions.ImproperlyConfigured: Set {', '.join(absent)}"
        " (see .env.example; `make env` writes a .env)."
    )


@pytest.mark.parametrize(("given", "found"), [("", "None"), ("250.5", "250.5")])
def test_the_servers_monthly_budget_is_an_amount_of_dollars_or_none(given: str, found: str) -> None:
    loaded = import_settings(
        EVERYTHING | {"CONCORD_MONTHLY_BUDGET": given}, say="CONCORD_MONTHLY_BUDGET"
    )
    assert loaded.stdout.strip() == found


@pytest.mark.parametrize("wrong", ["much", "-1", "NaN"])
def test_a_budget_that_is_none_stops_start_up(wrong: str) -> None:
    done = import_settings(EVERYTHING | {"CONCORD_MONTHLY_BUDGET": wrong})
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: "
        f"CONCORD_MONTHLY_BUDGET is an amount of US dollars, not '{wrong}'."
    )


def test_make_env_writes_random_secrets_once(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    command = [sys.executable, "config/write_env.py", ".env.example", str(target)]
    first = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    written = target.read_text()
    assert first.stderr.endswith("with random SECRET_KEY, METRICS_TOKEN, POSTGRES_PASSWORD.\n")
    assert target.stat().st_mode & 0o777 == 0o600
    lines = dict(line.split("=", 1) for line in written.splitlines() if "=" in line[:20])
    secrets = [lines[name] for name in ("SECRET_KEY", "METRICS_TOKEN", "POSTGRES_PASSWORD")]
    assert all(len(secret) == 64 for secret in secrets)
    assert len(set(secrets)) == 3
    second = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert "stays as it is" in second.stderr
    assert target.read_text() == written
