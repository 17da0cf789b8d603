"""Sign-in by other services: what the environment says of them, as django-allauth's settings.

A service is trusted with an address only as far as it says that it verified it, and never signs
anybody in to an account that was there before (`email_authentication`) unless the operator says so.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

GOOGLE = "https://accounts.google.com"
_REQUIRED = ("id", "name", "server_url", "client_id", "secret")
_KNOWN = {*_REQUIRED, "trust_email"}


def parse_providers(environment: Mapping[str, str]) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS from OIDC_PROVIDERS and the keys of Google and GitHub.

    Raises ImproperlyConfigured, which names the variable, for what cannot be understood.
    """
    apps = [_oidc_app(entry) for entry in _oidc_entries(environment.get("OIDC_PROVIDERS", ""))]
    google = _key_pair(environment, "GOOGLE")
    if google:
        entry = {"id": "google", "name": "Google", "server_url": GOOGLE, "trust_email": False}
        apps.append(_oidc_app(entry | google))
    ids = [app["provider_id"] for app in apps]
    if len(set(ids)) < len(ids):
        raise ImproperlyConfigured("OIDC_PROVIDERS: every id has to be there once.")
    github = _key_pair(environment, "GITHUB")
    return {
        "openid_connect": {"APPS": apps, "OAUTH_PKCE_ENABLED": True},
        "github": {"APPS": [github] if github else [], "SCOPE": ["user:email"]},
    }


def _oidc_entries(text: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"OIDC_PROVIDERS is no JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ImproperlyConfigured("OIDC_PROVIDERS has to be a list of objects.")
    for entry in entries:
        missing = [name for name in _REQUIRED if not isinstance(entry.get(name), str)]
        unknown = sorted(set(entry) - _KNOWN)
        if missing or unknown:
            raise ImproperlyConfigured(
                f"OIDC_PROVIDERS: an entry has {', '.join(_REQUIRED)} and may have trust_email"
                f" (missing: {', '.join(missing) or '–'}; unknown: {', '.join(unknown) or '–'})."
            )
    return entries


def _oidc_app(entry: Mapping[str, Any]) -> dict[str, Any]:
    trusted = entry.get("trust_email", False) is True
    settings = {"server_url": entry["server_url"], "email_authentication": trusted}
    return {
        "provider_id": entry["id"],
        "name": entry["name"],
        "client_id": entry["client_id"],
        "secret": entry["secret"],
        "settings": settings,
    }


def _key_pair(environment: Mapping[str, str], name: str) -> dict[str, str] | None:
    client_id = environment.get(f"{name}_CLIENT_ID", "")
    secret = environment.get(f"{name}_CLIENT_SECRET", "")
    if bool(client_id) != bool(secret):
        raise ImproperlyConfigured(
            f"Set both of {name}_CLIENT_ID and {name}_CLIENT_SECRET, or neither."
        )
    return {"client_id": client_id, "secret": secret} if client_id else None
