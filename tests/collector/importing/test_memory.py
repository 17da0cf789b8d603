"""Memory of a worker follows what it reads at a time, not what a file holds in all."""

import io
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.collector.importing.conftest import counts
from tests.collector.importing.test_jobs import ROOT, started
from tests.factories import make_project

BOMB = """
import sys
import django
django.setup()
from collector.services.imports import run_import

run_import(job_id=int(sys.argv[1]))
with open("/proc/self/status") as status:
    [peak] = [line.split()[1] for line in status if line.startswith("VmHWM")]
print(int(peak) >> 10)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("small", [0, 100])
def test_a_few_bytes_of_parquet_cannot_fill_the_memory(
    child_environment: dict[str, str], small: int
) -> None:
    texts = pa.array([*(f"prompt {number}" for number in range(small)), "x" * (4 << 20)])
    indices = pa.array([*range(small), *[small] * 500], pa.int32())
    table = pa.table({"prompt": pa.DictionaryArray.from_arrays(indices, texts).cast(pa.string())})
    target = io.BytesIO()
    pq.write_table(
        table,
        target,
        compression="zstd",
        dictionary_pagesize_limit=1 << 30,
        write_statistics=False,
        store_schema=False,
    )
    assert len(target.getvalue()) < 5_000
    job = started(make_project(), target.getvalue(), "p.parquet")

    done = subprocess.run(
        [sys.executable, "-c", BOMB, str(job.pk)],
        cwd=ROOT,
        env=child_environment,
        check=True,
        capture_output=True,
        text=True,
    )

    job.refresh_from_db()
    assert counts(job) == (small + 500, small, 0, 500)
    assert job.errors[0]["code"] == "too_long"
    assert int(done.stdout) < 300  # MiB
