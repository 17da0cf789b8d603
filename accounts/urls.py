"""Pages of an account."""

from django.urls import URLPattern, URLResolver, path

from accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("consent/", views.consent, name="consent"),
]
