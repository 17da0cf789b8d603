"""Numbers as the pages of figures write them, in the reader's language."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def thousands(value: float) -> str:
    """A count, in groups of three digits."""
    return str(number_format(round(value), force_grouping=True))


@register.filter
def whole(value: float) -> str:
    """A rating to the point; unlike counts, without groups."""
    return f"{round(value)}"


@register.filter
def decimals(value: float, places: int = 2) -> str:
    """A number rounded to that many places, which Django's own formats would cut."""
    return str(number_format(round(value, places), places))


@register.filter
def chance(p: float) -> str:
    """A probability of having come about by chance; tiny ones by their bound."""
    return f"< {decimals(0.001, 3)}" if p < 0.001 else decimals(p, 3)


@register.filter
def percents(value: float) -> str:
    """A share of 1 in percent with one place."""
    return f"{decimals(100 * value, 1)}%"
