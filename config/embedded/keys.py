"""Random secrets of one DATA_DIR, made once and kept in DATA_DIR/secrets (mode 0600)."""

import json
import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "METRICS_TOKEN", "POSTGRES_PASSWORD")


def read_or_make(data_dir: Path) -> dict[str, str]:
    """The secrets by name. The caller holds a lock, so that they are made once."""
    path = data_dir / "secrets"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if any(name not in kept for name in NAMES):
        kept = {name: secrets.token_urlsafe(48) for name in NAMES} | kept
        write_private(path, json.dumps(kept, indent=1) + "\n")
    return kept


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
