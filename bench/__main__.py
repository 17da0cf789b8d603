"""`python -m bench [label|import|generate|export|select|figures|dashboard|servers …]
[--scale 0.1]`.

Measured claims.
Everything runs on servers of its own in a temporary folder; nothing of the demo is touched.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from config import embedded


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="*",
        default=["label", "import", "generate", "export", "select", "figures"],
        help="label, import, generate, export, select, figures, dashboard, servers",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="shrink the data (for a try)")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="concord-bench-"))
    folder.chmod(0o711)  # the unprivileged user that root's servers run as must pass
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    try:
        embedded.ensure(folder)
        _run(arguments.what, arguments.scale)
    finally:
        embedded.release()
        shutil.rmtree(folder, ignore_errors=True)


def _run(what: list[str], scale: float) -> None:
    import django  # noqa: PLC0415 - after the servers
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from bench import (  # noqa: PLC0415
        dashboard,
        export,
        figures,
        generate,
        import_prompts,
        labeling,
        selection,
        servers,
    )

    benches: dict[str, Callable[[float], object]] = {
        "label": labeling.run,
        "servers": servers.run,
        "import": lambda _scale: import_prompts.run(),
        "generate": generate.run,
        "export": export.run,
        "select": selection.run,
        "figures": figures.run,
        "dashboard": dashboard.run,
    }
    for name, bench in benches.items():
        if name in what:
            bench(scale)


if __name__ == "__main__":
    main()
