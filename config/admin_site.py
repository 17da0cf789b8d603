"""How the admin site looks: django-unfold in the colours of the labelers' pages."""

from typing import Any

from django.templatetags.static import static

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Concord",
    "SITE_HEADER": "Concord",
    "SITE_SYMBOL": "balance",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("favicon.svg"),
        }
    ],
    "SHOW_HISTORY": False,
    # The accent of static/css/pieces.css: 600 is that of light pages, 400 that of dark ones.
    "COLORS": {
        "primary": {
            "50": "#f3f4fd",
            "100": "#e7eafa",
            "200": "#d2d8f6",
            "300": "#c3ccff",
            "400": "#a9b6ff",
            "500": "#5566c4",
            "600": "#35439b",
            "700": "#28347d",
            "800": "#232a63",
            "900": "#232a48",
            "950": "#131836",
        }
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
}
