"""Cells of CSV files that people open in a spreadsheet; what machines read back stays as it is."""

# What a spreadsheet computes, or skips to find something to compute; full-width signs too.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain_cell(words: str) -> str:
    """The words, behind an apostrophe where a spreadsheet would take them for a formula."""
    return f"'{words}" if words.startswith(_FORMULAS) else words
