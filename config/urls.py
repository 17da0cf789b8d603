"""Every address of Concord. Each URL names who may call it; tests/test_urls.py walks them all."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import probes

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("collector.urls")),
    path("", include("labeling.urls")),
    path("api/v1/", include("api.urls")),
]
