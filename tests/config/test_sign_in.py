"""What the environment says of services to sign in with."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.sign_in import parse_providers

UNI = {
    "id": "uni",
    "name": "University",
    "server_url": "https://idp.example.org",
    "client_id": "concord",
    "secret": "s",
}


def oidc(*entries: object) -> dict[str, str]:
    return {"OIDC_PROVIDERS": json.dumps(entries)}


def test_nothing_named_is_nothing_offered():
    parsed = parse_providers({"OIDC_PROVIDERS": "", "GOOGLE_CLIENT_ID": ""})
    assert [parsed[name]["APPS"] for name in ("openid_connect", "github")] == [[], []]


def test_an_address_is_trusted_only_where_the_operator_says_so():
    parsed = parse_providers(oidc(UNI, UNI | {"id": "lab", "trust_email": True}))
    trusted = {
        app["provider_id"]: app["settings"]["email_authentication"]
        for app in parsed["openid_connect"]["APPS"]
    }
    assert trusted == {"uni": False, "lab": True}


def test_google_and_github_take_a_pair_of_keys():
    keys = {"GOOGLE_CLIENT_ID": "g", "GOOGLE_CLIENT_SECRET": "s"}
    keys |= {"GITHUB_CLIENT_ID": "h", "GITHUB_CLIENT_SECRET": "t"}
    parsed = parse_providers(keys)
    google = parsed["openid_connect"]["APPS"][0]
    assert (google["provider_id"], google["client_id"], google["secret"]) == ("google", "g", "s")
    assert google["settings"]["server_url"] == "https://accounts.google.com"
    assert parsed["github"]["APPS"] == [{"client_id": "h", "secret": "t"}]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"OIDC_PROVIDERS": "{"}, "OIDC_PROVIDERS is no JSON"),
        ({"OIDC_PROVIDERS": "{}"}, "list of objects"),
        (oidc({"id": "uni"}), "missing: name, server_url, client_id, secret"),
        (oidc(UNI | {"trust": True}), "unknown: trust"),
        (oidc(UNI, UNI), "every id has to be there once"),
        ({"GITHUB_CLIENT_ID": "h"}, "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET"),
    ],
)
def test_what_cannot_be_understood_stops_the_start_by_its_name(environment, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        parse_providers(environment)
