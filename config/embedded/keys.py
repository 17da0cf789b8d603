"""Random secrets of one DATA_DIR, made once and kept in DATA_DIR/secrets (mode 0600)."""

import json
import secrets
from pathlib import Path

from common.private_files import write_private

NAMES = ("SECRET_KEY", "METRICS_TOKEN", "POSTGRES_PASSWORD")


def read_or_make(data_dir: Path) -> dict[str, str]:
    """The secrets by name. The caller holds a lock, so that they are made once."""
    path = data_dir / "secrets"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if any(name not in kept for name in NAMES):
        kept = {name: secrets.token_urlsafe(48) for name in NAMES} | kept
        write_private(path, json.dumps(kept, indent=1) + "\n")
    return kept
