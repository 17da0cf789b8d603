"""Loaded before settings (`-p tests.servers`): the test session's own servers.

Unless DATABASE_URL and REDIS_URL name servers, private ones are started in a temporary folder and
end with the session; they are never those of a demo.
"""

import os
import shutil
import tempfile
from pathlib import Path

from config import embedded


def _start() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="concord-tests-"))
    folder.chmod(0o711)  # the unprivileged user that root's servers run as must pass
    embedded.ensure(folder, durable=False)
    return folder


_folder = _start()
# Tests write no files where a demo keeps its own, whichever servers they use.
os.environ["DATA_DIR"] = str(_folder)


def pytest_unconfigure() -> None:
    """End the servers and remove what they wrote."""
    embedded.release()
    place = _folder / "place"
    if place.exists():
        shutil.rmtree(place.read_text().strip(), ignore_errors=True)
    shutil.rmtree(_folder, ignore_errors=True)
