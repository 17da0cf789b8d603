"""Pages about projects."""

from django.urls import URLPattern, URLResolver, path

from collector import notification_pages, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("join/", views.join, name="join"),
    path("join/accept/", views.accept, name="accept-invitation"),
    path("settings/mails/", notification_pages.notifications, name="notifications"),
    path("mails/stop/<str:token>/", notification_pages.stop_mails, name="unsubscribe"),
]
