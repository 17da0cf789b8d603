"""Pages for labelers."""

from django.urls import URLPattern, URLResolver, path

from labeling import keys_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("settings/keys/", keys_views.keys, name="keys"),
    path("projects/<slug:slug>/label/", views.label, name="label"),
    path("projects/<slug:slug>/label/<uuid:slot>/submit/", views.submit_answer, name="submit"),
    path("projects/<slug:slug>/label/<uuid:slot>/skip/", views.skip_task, name="skip"),
    path("projects/<slug:slug>/label/<uuid:slot>/renew/", views.renew_lease, name="renew"),
    path("projects/<slug:slug>/guidelines/", views.guidelines, name="guidelines"),
]
