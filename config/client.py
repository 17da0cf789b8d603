"""`python -m config.client FOLDER` (`make client`): a typed Python client from the API's schema.

The generator runs in a process of its own; what it cannot express of the schema is an error here,
so that nothing of the API is missing from the client.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "concord_client"
# Bodies that are read as they come, line by line: bytes to the client.
_SETTINGS = {
    "package_name_override": PACKAGE,
    "project_name_override": "concord-client",
    "content_type_overrides": {
        "application/jsonl": "application/octet-stream",
        "application/x-ndjson": "application/octet-stream",
        "application/zstd": "application/octet-stream",
        "application/vnd.apache.parquet": "application/octet-stream",
    },
    "post_hooks": [],
}


def build(folder: Path) -> Path:
    """Write the client as a project into `folder`; returns the folder of its package.

    RuntimeError says what of the schema the client would lack.
    """
    with tempfile.TemporaryDirectory() as scratch:
        schema, settings = Path(scratch, "schema.json"), Path(scratch, "settings.json")
        settings.write_text(json.dumps(_SETTINGS))
        _write_schema(schema)
        made = subprocess.run(  # noqa: S603 - our own arguments
            [
                *(sys.executable, "-m", "openapi_python_client", "generate", "--overwrite"),
                *("--path", str(schema), "--config", str(settings)),
                *("--output-path", str(folder), "--meta", "uv"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    said = made.stdout + made.stderr
    if made.returncode or "WARNING" in said or "ERROR" in said:
        raise RuntimeError(said)
    return folder / PACKAGE


def _write_schema(path: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 - after the settings are named
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("spectacular", format="openapi-json", file=str(path))


def main() -> None:
    """Write it where the only argument says."""
    print(f"The client is in {build(Path(sys.argv[1]))}.")  # noqa: T201 - that is its output


if __name__ == "__main__":
    main()
