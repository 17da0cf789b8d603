"""docs/api.md lists what there is."""

import re
from pathlib import Path

from drf_spectacular.generators import SchemaGenerator

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"


def test_the_page_names_every_operation():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    there = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, operations in paths.items()
        for method in operations
    }
    rows = re.findall(r"^\| `([A-Z]+ [^`]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert there - set(rows) == set(), "add these to docs/api.md"
    assert set(rows) - there == set(), "these are no more"
