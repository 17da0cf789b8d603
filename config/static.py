"""How static files are served: named by their content, compressed where that is worth it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


def manifest_folder() -> Path:
    """Where the list of names lies: beside the files, for what lies among them is served."""
    return Path(f"{settings.STATIC_ROOT}-manifest")


class UnservedManifest:
    """Keeps `staticfiles.json`, which names every file, out of the served folder."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        storage = FileSystemStorage(location=manifest_folder())
        super().__init__(*args, manifest_storage=storage, **kwargs)  # type: ignore[call-arg]


class HashedImports(UnservedManifest):
    """Our modules import each other by hashed names too, so that no release mixes with the last.

    Ours alone: what Django would read as an import in others' bundles is not always one. Nor is
    `import("./desk.js")`, which in our modules names a type in a comment, often in a circle.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1][:3],  # type: ignore[attr-defined]
    )
    max_post_process_passes = 20  # a name is final once those of all it imports are


class HashedStaticFiles(HashedImports, ManifestStaticFilesStorage):  # type: ignore[misc]
    """Names that carry a hash of the content."""


class CompressedStaticFiles(HashedImports, CompressedManifestStaticFilesStorage):
    """The same, compressed beforehand."""
