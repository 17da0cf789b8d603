"""Every error has one shape."""

from io import BytesIO

import pytest
from django.test import override_settings
from rest_framework.test import APIClient, APIRequestFactory

from api.draining import DRAINED_BYTES
from api.permissions import SignedIn
from api.views import View
from common.errors import Busy, Conflict, Gone, InvalidInput
from tests.factories import make_user


def only_error(response) -> tuple[int, str, str, str | None]:
    body = response.json()
    assert set(body) == {"type", "errors"}
    (error,) = body["errors"]
    assert set(error) == {"code", "detail", "attr"}
    return response.status_code, body["type"], error["code"], error["attr"]


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/", "/api/v1/projects"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address(path, method):
    response = getattr(APIClient(), method)(path)
    assert only_error(response) == (404, "client_error", "not_found", None)


def test_an_unknown_method(researcher):
    for method in ("put", "options"):
        response = getattr(researcher, method)("/api/v1/projects/poems/")
        assert only_error(response) == (405, "client_error", "method_not_allowed", None)


@pytest.mark.parametrize(
    "body", ["{", "", "[1,]", '{"slug": "\\ud800"}', "NaN", "[" * 2000, '{"a": 1e999}', "\xff"]
)
def test_malformed_json(researcher, body):
    response = researcher.generic(
        "POST", "/api/v1/projects/", body.encode("latin-1"), content_type="application/json"
    )
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] in {"parse_error", "required"}


def test_json_that_is_no_object(researcher):
    response = researcher.post("/api/v1/projects/", [1], format="json")
    assert only_error(response) == (400, "validation_error", "invalid", None)


@pytest.mark.parametrize("name", [1180591620717411303424, 1.5])
def test_a_number_is_no_text(researcher, name):
    response = researcher.post("/api/v1/projects/", {"name": name, "slug": "sum"}, format="json")
    assert only_error(response) == (400, "validation_error", "invalid", "name")
    tags = {"text": "Why?", "tags": ["a", 7]}
    response = researcher.post("/api/v1/projects/poems/prompts/", tags, format="json")
    assert response.status_code == 400


def test_a_nul_character_is_refused_wherever_it_is(researcher):
    for body in ('{"slug":"a","name":"\\u0000"}', '{"\\u0000":[{"x":["\\u0000"]}]}'):
        response = researcher.generic(
            "POST", "/api/v1/projects/", body.encode(), content_type="application/json"
        )
        assert only_error(response) == (400, "client_error", "parse_error", None)


@pytest.mark.parametrize("inside", ['"\\u0000"', ""])
@pytest.mark.parametrize("depth", [101, 950, 1000])
def test_a_body_too_deep_for_anybody_is_refused(researcher, depth, inside):
    deep = "[" * depth + inside + "]" * depth
    runs = f'{{"generators": ["a"], "prompts": {deep}}}'
    for address, body in (("me/consents/", deep), ("projects/poems/runs/", runs)):
        response = researcher.generic(
            "POST", f"/api/v1/{address}", body.encode(), content_type="application/json"
        )
        assert only_error(response) == (400, "client_error", "parse_error", None)


def test_a_body_may_be_wide(researcher):
    body = {"slug": "wide", "languages": ["en"] * 150, "policy": {"modes": ["rank"]}}
    assert researcher.post("/api/v1/projects/", body, format="json").status_code == 201


def test_a_backslash_before_u0000_is_text(researcher):
    response = researcher.generic(
        "POST",
        "/api/v1/projects/",
        rb'{"slug":"a","name":"\\u0000"}',
        content_type="application/json",
    )
    assert (response.status_code, response.json()["name"]) == (201, r"\u0000")


def test_another_media_type(researcher):
    response = researcher.generic("POST", "/api/v1/projects/", b"a=b", content_type="text/plain")
    assert only_error(response) == (415, "client_error", "unsupported_media_type", None)


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_that_is_too_large(researcher):
    response = researcher.post("/api/v1/projects/", {"slug": "x" * 100}, format="json")
    assert only_error(response) == (413, "client_error", "too_large", None)


def test_an_unknown_field_and_an_unknown_parameter(researcher):
    response = researcher.post("/api/v1/projects/", {"slug": "a", "nmae": "A"}, format="json")
    assert only_error(response) == (400, "validation_error", "unknown_field", "nmae")
    response = researcher.get("/api/v1/projects/?nmae=A")
    assert only_error(response) == (400, "validation_error", "unknown_field", "nmae")


def test_several_errors_are_all_told(researcher):
    body = {"slug": "a b", "languages": ["x" * 20], "policy": {"overlap": "many"}}
    response = researcher.post("/api/v1/projects/", body, format="json")
    assert {(e["attr"], e["code"]) for e in response.json()["errors"]} == {
        ("slug", "invalid"),
        ("languages.0", "max_length"),
        ("policy.overlap", "invalid"),
    }


@pytest.mark.parametrize(
    ("raised", "expected", "retry_after"),
    [
        (
            InvalidInput("no", attr="tiers"),
            (400, "validation_error", "invalid_input", "tiers"),
            None,
        ),
        (Conflict("no"), (409, "client_error", "conflict", None), None),
        (Gone("no"), (410, "client_error", "gone", None), None),
        (Busy("wait"), (503, "server_error", "busy", None), "1"),
    ],
)
def test_domain_errors_keep_their_code_and_status(db, raised, expected, retry_after):
    class Failing(View):
        permission_classes = [SignedIn]

        def get(self, request):
            raise raised

    request = APIRequestFactory().get("/")
    request.user = make_user()
    request._force_auth_user = request.user
    response = Failing.as_view()(request).render()
    response.json = lambda: response.data
    assert only_error(response) == expected
    assert response.get("Retry-After") == retry_after


def unread(client, length, **headers):
    """How much of a refused body is left unread, and the status of the refusal."""
    body = BytesIO(b"x" * length)
    response = client.generic(
        "POST",
        "/api/v1/projects/nowhere/prompts/",
        body.getvalue(),
        content_type="application/json",
        headers=headers,
        **{"wsgi.input": body},
    )
    return response.status_code, length - body.tell()


def test_a_refusal_reads_what_was_sent_with_it(researcher):
    assert unread(researcher, 200_000) == (404, 0)


def test_a_refusal_reads_neither_a_long_body_nor_one_that_waits_nor_a_strangers(researcher):
    assert unread(researcher, DRAINED_BYTES + 1) == (404, DRAINED_BYTES + 1)
    assert unread(researcher, 200_000, Expect="100-continue") == (404, 200_000)
    assert unread(APIClient(), 200_000) == (401, 200_000)
