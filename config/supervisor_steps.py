"""What `make demo` does before its processes run, and what it says once they answer."""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from rich.console import Console
from rich.table import Table

from config import embedded

READY_SECONDS = 120


def prepare() -> None:
    """Servers, tables, pages' files and the demo project; each step says how long it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    notes: list[str] = []
    _step("Database and broker", lambda: embedded.ensure(say=notes.append))
    sys.stdout.writelines(f"    {note}\n" for note in notes)
    _step("Application", _load)
    _step("Tables", _migrate)
    _step("Pages", _collect_static)
    _step("Demo project", _make_demo)
    if os.environ.get("LLM") == "1":
        _step("Questions to the local model", _ask_local_model)


def _step(title: str, work: Callable[[], None]) -> None:
    sys.stdout.write(f"  {title} … ")
    sys.stdout.flush()
    began = time.monotonic()
    work()
    sys.stdout.write(f"{time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()


def _load() -> None:
    import django  # noqa: PLC0415 - settings need the servers' addresses

    django.setup()


def _migrate() -> None:
    from django.core.management import call_command  # noqa: PLC0415 - as above

    call_command("migrate", interactive=False, verbosity=0)


def _collect_static() -> None:
    """Collect the pages' files if one of them has changed since the last time."""
    from django.conf import settings  # noqa: PLC0415 - as above
    from django.contrib.staticfiles.finders import get_finders  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from config.static import manifest_folder  # noqa: PLC0415

    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    stamp = manifest_folder() / "collected"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(digest.hexdigest())


def _make_demo() -> None:
    from django.db import connections  # noqa: PLC0415 - as above

    from labeling.demo import create_demo  # noqa: PLC0415

    create_demo()
    connections.close_all()  # the supervisor itself needs none


def _ask_local_model() -> None:
    """Owe the demo's prompts to the model that the process `llm` is about to serve."""
    from django.db import connections  # noqa: PLC0415 - as above

    from collector.models import Project  # noqa: PLC0415
    from collector.services.local_llm import add_local_llm_generators  # noqa: PLC0415
    from config.local_llm import DEFAULT_PORT  # noqa: PLC0415
    from labeling.demo import SLUG  # noqa: PLC0415

    add_local_llm_generators(
        project=Project.objects.get(slug=SLUG),
        base_url=f"http://127.0.0.1:{os.environ.get('LLM_PORT') or DEFAULT_PORT}/v1",
    )
    connections.close_all()


def announce() -> None:
    """Print the address and the sign-ins once the application says that it is ready."""
    url = f"http://127.0.0.1:{os.environ['PORT']}/readyz"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _answers(url):
            _print_sign_ins()
            return
        time.sleep(0.1)
    sys.stderr.write(f"concord: no answer from {url} in {READY_SECONDS} s\n")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
            return bool(response.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _print_sign_ins() -> None:
    path = Path(os.environ["DATA_DIR"]) / "demo.json"
    demo = json.loads(path.read_text())
    console = Console()
    table = Table(title=f"Concord is ready: {demo['url']}", title_style="bold", show_edge=True)
    for heading in ("who", "e-mail", "password"):
        table.add_column(heading)
    for name, user in demo["users"].items():
        table.add_row(name, user["email"], user["password"])
    console.print()
    console.print(table)
    console.print(f"API tokens: {path} · Ctrl-C stops everything\n", soft_wrap=True)
