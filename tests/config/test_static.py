"""Static files as collected for serving."""

import hashlib
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.templatetags.static import static
from django.test import override_settings

from config.static import HashedStaticFiles


def test_our_modules_import_each_other_by_hashed_names(tmp_path: Path) -> None:
    storage = {"BACKEND": f"{HashedStaticFiles.__module__}.{HashedStaticFiles.__qualname__}"}
    served = tmp_path / "static"
    with override_settings(STATIC_ROOT=served, STORAGES={"staticfiles": storage}):
        call_command("collectstatic", interactive=False, verbosity=0)
        assert re.fullmatch(r"static/favicon\.\w{12}\.svg", static("favicon.svg").lstrip("/"))
    hashed = list(served.glob("js/**/*.????????????.js"))
    imported = {
        path.parent / name
        for path in hashed
        for name in re.findall(r'from "(.+)"', path.read_text())
    }
    assert len(imported) > 5
    assert not [path for path in hashed if re.search(r"^[^*/]*\bimport\(", path.read_text(), re.M)]
    assert not (served / "staticfiles.json").exists()  # a list of all files is nobody's to fetch
    assert {path.resolve() for path in imported} <= {path.resolve() for path in hashed}


@pytest.mark.parametrize(
    "folder", ["bootstrap", "bootstrap-icons", "chartjs", "htmx", "jsdiff", "sortablejs"]
)
def test_vendored_files_are_those_the_list_names(folder: str) -> None:
    vendor = Path(__file__).resolve().parents[2] / "static" / "vendor"
    readme = (vendor / "README.md").read_text()
    listed = dict(re.findall(r"`(\S+/\S+)` \|[^\n]*\| `([0-9a-f]{64})`", readme))
    files = [path for path in (vendor / folder).iterdir() if path.name != "LICENSE"]
    assert (vendor / folder / "LICENSE").exists()
    found = {
        f"{folder}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    assert found == {
        name: digest for name, digest in listed.items() if name.startswith(f"{folder}/")
    }
