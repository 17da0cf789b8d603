"""A process that uses the embedded servers: `client.py DATA_DIR [CACHE]`.

Prints their addresses as a line of JSON once they answer, and leaves at the end of its input.
"""

import json
import os
import sys
from pathlib import Path

from config import embedded
from config.embedded import places

if __name__ == "__main__":
    if len(sys.argv) > 2:
        places.CACHE = Path(sys.argv[2])
    embedded.ensure(sys.argv[1])
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "METRICS_TOKEN", "CONCORD_EMBEDDED")
    sys.stdout.write(json.dumps({name: os.environ.get(name) for name in names}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
