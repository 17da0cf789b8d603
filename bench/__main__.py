"""`python -m bench [label|import …] [--scale 0.1]`: what Concord's speed claims rest on.

Everything runs on servers of its own in a temporary folder; nothing of the demo is touched.
"""

import argparse
import os
import tempfile

from config import embedded


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", default=["label", "import"], help="label, import")
    parser.add_argument("--scale", type=float, default=1.0, help="shrink the data (for a try)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
        os.environ.setdefault("DATA_DIR", folder)
        embedded.ensure()
        _run(arguments.what, arguments.scale)


def _run(what: list[str], scale: float) -> None:
    import django  # noqa: PLC0415 - after the servers
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from bench import import_prompts, labeling  # noqa: PLC0415

    if "label" in what:
        labeling.run(scale)
    if "import" in what:
        import_prompts.run()


if __name__ == "__main__":
    main()
