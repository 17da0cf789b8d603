"""Files with secrets in them: whole or not there, and nobody else's to read."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write `path` in one step, readable and writable by its owner alone (mode 0600)."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
