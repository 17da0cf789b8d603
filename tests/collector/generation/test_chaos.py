"""Never twice, never lost, whatever dies: workers, Redis and PostgreSQL in the middle of a run."""

import json
import subprocess
import sys

from tests.collector.generation.chaos import GENERATORS, IN_FLIGHT, NEED, PROMPTS, ROOT
from tests.config.processes import environment, open_folder


def test_a_run_survives_the_death_of_everything() -> None:
    """Workers killed twice, Redis flushed, PostgreSQL killed, every task delivered five times."""
    with open_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.collector.generation.chaos", str(folder)],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        log = folder / "workers.log"
        said = log.read_text()[-3000:] if log.exists() else ""
    assert done.returncode == 0, done.stderr[-3000:] + said
    came = json.loads(done.stdout.splitlines()[-1])
    progress = came["progress"]
    assert (progress["status"], progress["succeeded"], progress["total"]) == (
        "succeeded",
        NEED,
        NEED,
    )
    assert came["responses"] == came["linked"] == NEED
    assert came["answered"] == PROMPTS * len(GENERATORS)
    first, second = came["in_flight_at_kills"]
    assert 0 < first <= IN_FLIGHT * len(GENERATORS)
    assert 0 < second <= IN_FLIGHT * len(GENERATORS)
    # What was in flight at a kill may have been paid for; nothing else is asked for again.
    assert NEED <= came["requests"] <= NEED + first + second
    assert came["attempts"] == NEED + first + second
