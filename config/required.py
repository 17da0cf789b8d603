"""`python -m config.required .env.example`: exit 1 and one line naming every secret that is unset.

A name is required if the example gives it no value. It runs before the other containers start, so
that somebody without a .env reads one line and not the log of a database that gave up.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def missing_names(example: str, environment: Mapping[str, str]) -> list[str]:
    """Names that `example` leaves empty (`NAME=`) and `environment` does not set, in order."""
    names = [
        line.split("=", 1)[0]
        for line in map(str.strip, example.splitlines())
        if line.endswith("=") and not line.startswith("#")
    ]
    return [name for name in names if not environment.get(name)]


def main(path: str) -> int:
    missing = missing_names(Path(path).read_text(encoding="utf-8"), os.environ)
    if missing:
        sys.stderr.write(
            f"Concord does not start: set {', '.join(missing)} in .env "
            "(see .env.example; `make env` writes one with random secrets).\n"
        )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
