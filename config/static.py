"""How static files are served: named by their content, compressed where that is worth it."""

from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedImports:
    """Our modules import each other by hashed names too, so that no release mixes with the last.

    Ours alone: what Django would read as an import in others' bundles is not always one.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )


class HashedStaticFiles(HashedImports, ManifestStaticFilesStorage):  # type: ignore[misc]
    """Names that carry a hash of the content."""


class CompressedStaticFiles(HashedImports, CompressedManifestStaticFilesStorage):
    """The same, compressed beforehand."""
