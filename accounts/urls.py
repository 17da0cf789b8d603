"""Pages of an account: terms one accepted, and those of django-allauth that Concord uses.

The others stay unrouted on purpose. Its address book above all: addresses are what members are
invited by, and `User.email` is the only one an account has.
"""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as socialaccount
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts import social, token_pages, views

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
_second_factor: list[URLPattern | URLResolver] = [
    path("", mfa.index, name="mfa_index"),
    path("authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("app/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("app/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/generate/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("keys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("keys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("keys/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "keys/reauthenticate/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("keys/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("keys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]
_services: list[URLPattern | URLResolver] = [
    path("", socialaccount.connections, name="socialaccount_connections"),
    path("cancelled/", socialaccount.login_cancelled, name="socialaccount_login_cancelled"),
    path("error/", socialaccount.login_error, name="socialaccount_login_error"),
    path("signup/", socialaccount.signup, name="socialaccount_signup"),
    path("github/login/", social.github_login, name="github_login"),
    path("github/login/callback/", social.github_callback, name="github_callback"),
    path("oidc/<slug:provider_id>/login/", social.oidc_login, name="openid_connect_login"),
    path(
        "oidc/<slug:provider_id>/login/callback/",
        social.oidc_callback,
        name="openid_connect_callback",
    ),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/tokens/", token_pages.tokens, name="tokens"),
    path("settings/tokens/<slug:token>/end/", token_pages.end, name="end_token"),
    path("consent/<slug:version>/", views.consented, name="consented"),
    path("accounts/login/", views.sign_in, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", include(_password)),
    path("accounts/signup/", allauth.signup, name="account_signup"),
    path(
        "accounts/confirm/",
        allauth.email_verification_sent,
        name="account_email_verification_sent",
    ),
    path("accounts/confirm/<str:key>/", allauth.confirm_email, name="account_confirm_email"),
    path("accounts/security/", include(_second_factor)),
    path("accounts/services/", include(_services)),
]
