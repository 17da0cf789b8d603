"""Pages about projects."""

from django.urls import URLPattern, URLResolver, path

from collector import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("join/", views.join, name="join"),
    path("join/accept/", views.accept, name="accept-invitation"),
]
