"""The researchers' pages, below the admin site's address and in its namespace."""

from django.urls import URLPattern, URLResolver, include, path

from dashboard.pages import projects

_of_project: list[URLPattern | URLResolver] = [
    path("", projects.glance, name="overview"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/", projects.projects, name="projects"),
    path("projects/<slug:slug>/", include(_of_project)),
]
