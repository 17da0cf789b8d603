"""Amounts of money as text."""

from decimal import Decimal


def plain(amount: Decimal) -> str:
    """The amount without zeros behind it and without an exponent: `0.035`, `100`, `0`."""
    return f"{amount.normalize():f}" if amount else "0"
