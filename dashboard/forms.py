"""The base of the forms on the researchers' pages."""

from typing import Any

from django import forms

from common.errors import DomainError


class PageForm(forms.Form):
    """A form that looks like the rest of the pages, and tells what a service refused."""

    template_name = "dashboard/form.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def refuse(self, error: DomainError) -> None:
        """Show the error at the field that it names, else above the form."""
        at = (error.attr or "").split(".")[0]
        self.add_error(at if at in self.fields else None, error.detail)
