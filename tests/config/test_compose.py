"""docker-compose.yml against what it must agree with: .env.example, the Procfile, the promises."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {"migrate", "web", "worker", "worker-generation", "beat"}


def secrets_of_the_example() -> set[str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return {line.removesuffix("=") for line in lines if re.fullmatch(r"[A-Z_]+=", line)}


def test_every_secret_is_demanded_and_the_demand_names_them_all():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    demanded = dict(re.findall(r"\$\{([A-Z_]+):\?([^}]+)\}", text))
    assert set(demanded) == secrets_of_the_example()
    for message in demanded.values():
        assert all(name in message for name in secrets_of_the_example())


def test_our_processes_are_one_image_with_every_setting_of_the_env_file():
    assert set(SERVICES) == OURS | {"db", "redis"}
    for name in OURS:
        assert SERVICES[name]["image"] == "concord:local", name
        assert SERVICES[name]["env_file"] == ".env", name


def test_nothing_starts_before_the_migrations_and_they_wait_for_the_database():
    for name in OURS - {"migrate"}:
        waits = SERVICES[name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully", name
        assert waits["redis"]["condition"] == "service_healthy", name
    assert SERVICES["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"


def test_ports_are_published_on_loopback_alone():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:${PORT:-8000}:8000"]


def test_every_queue_has_a_worker_and_the_server_runs_as_in_the_procfile():
    served: set[str] = set()
    for service in SERVICES.values():
        queues = re.search(r"-Q (\S+)", str(service.get("command", "")))
        served |= set(queues[1].split(",")) if queues else set()
    assert served == {"default", "exports", "statistics", "generation", "local_models"}
    web = next(
        line
        for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("web:")
    )
    shipped = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("CMD [")[1]
    for option in ("--workers", "--blocking-threads"):
        value = re.search(rf"{option} (\d+)", web)
        assert value is not None
        assert f'"{option}", "{value[1]}"' in shipped
