"""The OpenAPI document and the page that shows it. Open to anyone: they hold no data."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api import schema  # noqa: F401 - registers how callers sign in


class Schema(SpectacularAPIView):
    """OpenAPI 3 in YAML or, by the Accept header, in JSON."""


class Swagger(SpectacularSwaggerSplitView):
    """The document as a page, from our own host and without inline script or style."""

    template_name = "api/swagger.html"
    url_name = "api:schema"
