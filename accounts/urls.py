"""Pages of an account: consent, and those of django-allauth that Concord uses.

The others stay unrouted on purpose. Its address book above all: an address that nobody verified
would become `User.email`, by which members are invited.
"""

from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts import views

_password: list[URLPattern | URLResolver] = [
    path("change/", allauth.password_change, name="account_change_password"),
    path("set/", allauth.password_set, name="account_set_password"),
    path("reset/", allauth.password_reset, name="account_reset_password"),
    path("reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path(
        "reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("consent/", views.consent, name="consent"),
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", include(_password)),
]
