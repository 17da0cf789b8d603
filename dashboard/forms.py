"""The base of the forms on the researchers' pages."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import loader

from common.errors import DomainError


class PageRenderer(DjangoTemplates):
    """Our own templates are the pages'; widgets are Django's."""

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("dashboard/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


class PageForm(forms.Form):
    """A form that looks like the rest of the pages, and tells what a service refused."""

    template_name = "dashboard/form.html"
    default_renderer = PageRenderer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def refuse(self, error: DomainError) -> None:
        """Show the error at the field that it names, else above the form."""
        at = (error.attr or "").split(".")[0]
        self.add_error(at if at in self.fields else None, error.detail)
