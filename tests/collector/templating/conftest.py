"""Imports as those of `tests.collector.importing`."""

from tests.collector.importing.conftest import _media, import_file, project

__all__ = ["_media", "import_file", "project"]
