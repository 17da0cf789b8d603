"""Downloads by real clients over HTTP: cut ones go on, streams come as they are read."""

import hashlib
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from django.db import connection, transaction

from accounts.services import create_token
from collector.models import Message, Project
from exports.models import DatasetFile, DatasetVersion
from exports.services.versions import build_version, start_version
from tests.conftest import BASE_DIR, service_environment
from tests.exports.bulk import simulate_pairs
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db(transaction=True)
SIMULATED = "purposes=work,simulated"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return Path(settings.MEDIA_ROOT)


def project_of(pairs: int, **options: int) -> Project:
    project = make_project()
    simulate_pairs(project, pairs, **options)
    return project


def client_for(project: Project, url: str) -> httpx2.Client:
    token = create_token(user=make_member(project, "trainer"))
    return httpx2.Client(
        base_url=f"{url}/api/v1",
        headers={"authorization": f"Token {token}", "accept-encoding": "identity"},
        transport=httpx2.HTTPTransport(retries=8),
        timeout=60,
    )


def built_file(project: Project) -> DatasetFile:
    version = start_version(
        project=project,
        name="d",
        formats=["preference"],
        container="jsonl",
        recipe={"test_share": 0.0, "purposes": ["work", "simulated"]},
    )
    build_version(version_id=version.pk)
    assert DatasetVersion.objects.get().status == "succeeded"
    return version.files.get(format="preference")


def path_of(file: DatasetFile) -> str:
    return f"/dataset-versions/{file.version.uid}/files/{file.name}"


def test_a_download_that_was_cut_goes_on_where_it_was(live_server: Any) -> None:
    project = project_of(1_500)
    file = built_file(project)
    with client_for(project, live_server.url) as client:
        with client.stream("GET", path_of(file)) as cut:
            tag = cut.headers["etag"]
            had = next(cut.iter_raw(300_000))
        assert 0 < len(had) < file.bytes
        headers = {"range": f"bytes={len(had)}-", "if-range": tag}
        rest = client.get(path_of(file), headers=headers)
        assert rest.status_code == 206
        span = f"bytes {len(had)}-{file.bytes - 1}/{file.bytes}"
        assert rest.headers["content-range"] == span
        assert hashlib.sha256(had + rest.content).hexdigest() == file.sha256
        again = client.get(path_of(file), headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert tag == f'"{file.sha256}"'


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed.")
def test_curl_goes_on_with_what_it_has(live_server: Any, tmp_path: Path) -> None:
    project = project_of(300)
    file = built_file(project)
    with client_for(project, live_server.url) as client:
        whole = client.get(path_of(file)).content
        out = tmp_path / file.name
        out.write_bytes(whole[:1000])
        done = subprocess.run(
            [
                *("curl", "--silent", "--show-error", "--fail", "--continue-at", "-"),
                *("--write-out", "%{http_code} %{size_download}", "--output", str(out)),
                *("--header", f"Authorization: {client.headers['authorization']}"),
                f"{live_server.url}/api/v1{path_of(file)}",
            ],
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "no_proxy": "*"},
        )
    assert (done.stdout, done.stderr) == (f"206 {file.bytes - 1000}", "")
    assert hashlib.sha256(out.read_bytes()).hexdigest() == file.sha256


def rewrite(message: Message, text: str) -> None:
    """Change what never changes: the triggers that refuse it are off for this transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        assert Message.objects.filter(pk=message.pk).update(text=text) == 1


def test_the_first_bytes_of_a_stream_come_before_its_last_rows_are_read(live_server: Any) -> None:
    project = project_of(3_000, words=250)  # 50 MB: far more than what sockets hold
    last = Message.objects.filter(project=project, text__startswith="B ").latest("pk")
    url = f"/projects/{project.slug}/export.jsonl?format=preference&{SIMULATED}"
    with client_for(project, live_server.url) as client, client.stream("GET", url) as stream:
        assert stream.status_code == 200
        blocks = stream.iter_raw(100_000)
        rows = next(blocks)
        rewrite(last, "Written after the first bytes came.")
        rows += b"".join(blocks)
    lines = rows.splitlines()
    assert len(lines) == 3_000
    assert [b"after the first bytes" in line for line in (lines[0], lines[-1])] == [False, True]


@pytest.fixture
def server(tmp_path: Path, media: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The web server of the Procfile with one worker: its address and its first process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
        *("--workers", "1", "--blocking-threads", "1", "--host", "127.0.0.1", "--port", str(port)),
        *("--no-ws", "--log-level", "warning"),
    ]
    environment = service_environment() | {"MEDIA_ROOT": str(media)}
    with subprocess.Popen(command, cwd=BASE_DIR, env=environment) as process:
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
        process.terminate()


def peak(process: psutil.Process) -> int:
    """MiB that the server's workers held at most."""
    total = 0
    for child in process.children(recursive=True):
        status = Path(f"/proc/{child.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        total += int(found[1]) if found else 0
    return total // 1024


def test_the_server_holds_neither_streams_nor_files(server: tuple[str, psutil.Process]) -> None:
    url, process = server
    small, large = project_of(2_000, words=30), project_of(20_000, words=30)
    file = built_file(large)
    peaks, sizes = [], []
    with client_for(small, url) as first, client_for(large, url) as second:
        for client, path in (
            (first, f"/projects/{small.slug}/export.jsonl?format=preference&{SIMULATED}"),
            (second, f"/projects/{large.slug}/export.jsonl?format=preference&{SIMULATED}"),
            (second, path_of(file)),
        ):
            with client.stream("GET", path) as stream:
                assert stream.status_code == 200
                sizes.append(sum(len(block) for block in stream.iter_raw()))
            peaks.append(peak(process))
    assert sizes[1] == sizes[2] == file.bytes > 40 << 20
    assert peaks[2] - peaks[0] < 20, peaks
