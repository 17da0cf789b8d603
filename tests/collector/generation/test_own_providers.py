"""A provider in a file of the operator's own: the one that `docs/providers.md` shows."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from collector.models import Project, Run
from collector.services.generators import create_generator
from collector.services.runs import start_run
from common.errors import InvalidInput
from config.model_keys import ModelKey, parse_model_providers
from tests.collector.generation.conftest import only, work_run
from tests.factories import make_prompt

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]


class Tgi(ThreadingHTTPServer):
    """Answers as text-generation-inference does, with the statuses planned first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str | None, dict[str, Any]]] = []
        self.planned: list[int] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Tgi

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, self.headers["Authorization"], body))
        details = {"generated_tokens": 3, "finish_reason": "length"}
        reply = json.dumps({"generated_text": "Blue it is.", "details": details}).encode()
        self.send_response(self.server.planned.pop(0) if self.server.planned else 200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def tgi() -> Iterator[Tgi]:
    server = Tgi()
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def _installed(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's file on the path, and the page's setting."""
    page = (ROOT / "docs" / "providers.md").read_text()
    found = re.search(r"```python\n(# tgi\.py.*?)```", page, re.DOTALL)
    entry = re.search(r"CONCORD_PROVIDERS=(\S+)", page)
    assert found
    assert entry
    (tmp_path / "tgi.py").write_text(found[1])
    monkeypatch.syspath_prepend(tmp_path)
    settings.CONCORD_PROVIDERS = parse_model_providers([entry[1]])
    yield
    sys.modules.pop("tgi", None)


def asked(project: Project, tgi: Tgi, **fields: Any) -> Run:
    create_generator(name="bot", provider="tgi", model="m", base_url=tgi.base_url, **fields)
    make_prompt(project, "Why is the sky blue?")
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    return run


@pytest.mark.usefixtures("_installed")
def test_the_pages_provider_answers_runs(project: Project, tgi: Tgi, settings: Any) -> None:
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host="127.0.0.1", secret="s")}
    run = asked(project, tgi, parameters={"max_tokens": 7}, key="mine")
    generation = only(run)
    assert generation.response is not None
    assert generation.response.text == "Blue it is."
    assert (generation.output_tokens, generation.finish_reason) == (3, "length")
    parameters = {"max_new_tokens": 7, "details": True}
    body = {"inputs": "Why is the sky blue?", "parameters": parameters}
    assert tgi.received == [("/generate", "Bearer s", body)]


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("status", "left", "requests"), [(429, "succeeded", 2), (400, "failed", 1)]
)
def test_what_passes_is_asked_again_and_what_lasts_is_not(
    status: int, left: str, requests: int, project: Project, tgi: Tgi
) -> None:
    tgi.planned = [status]
    assert only(asked(project, tgi)).status == left
    assert len(tgi.received) == requests


@pytest.mark.usefixtures("_installed")
def test_the_guard_stands_before_it_too(project: Project, tgi: Tgi, settings: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_generator(name="b", provider="tgi", model="m", base_url="http://example.org")
    assert refusal.value.attr == "base_url"
    create_generator(name="bot", provider="tgi", model="m", base_url=tgi.base_url)
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    settings.CONCORD_ALLOWED_MODEL_HOSTS = []
    work_run(run)
    assert "CONCORD_ALLOWED_MODEL_HOSTS" in only(run).error
    assert tgi.received == []


@pytest.mark.usefixtures("_installed")
def test_without_its_setting_it_fails_and_says_so(
    project: Project, tgi: Tgi, settings: Any
) -> None:
    create_generator(name="bot", provider="tgi", model="m", base_url=tgi.base_url)
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    settings.CONCORD_PROVIDERS = {}
    work_run(run)
    assert only(run).error == "There is no provider 'tgi' here (CONCORD_PROVIDERS)."
    with pytest.raises(InvalidInput, match="known: openai, transformers, recorded"):
        create_generator(name="other", provider="tgi", model="m", base_url=tgi.base_url)


def test_a_file_that_is_not_there_fails_and_says_so(project: Project, settings: Any) -> None:
    settings.CONCORD_PROVIDERS = {"tgi": "nowhere.Provider"}
    create_generator(name="bot", provider="tgi", model="m")
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    assert only(run).error == "The provider tgi cannot be loaded: No module named 'nowhere'"


@pytest.mark.parametrize(
    "entry",
    ["tgi", "tgi=", "=a.B", "openai=a.B", "Tgi=a.B", "tgi=a", "tgi=a.B()", "t" * 13 + "=a.B"],
)
def test_a_malformed_provider_stops_start_up_with_its_name(entry: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CONCORD_PROVIDERS"):
        parse_model_providers([entry])
