"""What starting any process costs: libraries of seconds and of 100 MB are imported where needed."""

import os
import subprocess
import sys

from django.conf import settings

HEAVY = ("scipy", "sklearn", "datasketch", "torch", "transformers", "datasets", "pandas")
STARTED = f"""
import sys
import django
django.setup()
from config.celery import app
app.loader.import_default_modules()
import config.urls
print(",".join(name for name in {HEAVY} if name in sys.modules))
"""


def test_no_process_starts_with_the_libraries_that_few_need() -> None:
    started = subprocess.run(
        [sys.executable, "-c", STARTED],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (started.returncode, started.stdout.strip()) == (0, ""), started.stderr
