"""`make env`: write a .env whose secrets are random, from the example that lists them.

    write_env.py .env.example .env

Standard library only: it runs before anything is installed.
"""

import os
import re
import secrets
import sys
from pathlib import Path

EMPTY = re.compile(r"^([A-Z_]+)=$", re.MULTILINE)


def main(example: Path, target: Path) -> int:
    """Write `target` (mode 0600) with every empty setting of `example` filled; never over one."""
    filled = EMPTY.sub(lambda found: f"{found[1]}={secrets.token_urlsafe(48)}", example.read_text())
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stderr.write(f"{target} is there already and stays as it is.\n")
        return 0
    with os.fdopen(descriptor, "w") as file:
        file.write(filled)
    names = ", ".join(EMPTY.findall(example.read_text()))
    sys.stderr.write(f"{target} written with random {names}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
