"""The OpenAPI document and the page that shows it."""

import re
from io import StringIO

from django.core.management import call_command


def test_the_document_is_clean():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_anybody_may_read_the_document(client):
    response = client.get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert response.status_code == 200
    document = response.json()
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["token"]["name"] == "Authorization"
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["responses"]["default"]["description"] == "What went wrong."


def test_the_page_keeps_to_the_strict_policy(client):
    response = client.get("/api/v1/docs/")
    html = response.content.decode()
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in html
    assert " style=" not in html
    assert re.findall(r"\son\w+=", html) == []
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 3
    for attributes, body in scripts:
        assert body.strip() == ""
        assert re.search(r'src="/[^/]', attributes)
    assert re.findall(r'(?:src|href)="(?!/[^/])[^"]*"', html) == []


def test_the_script_of_the_page_is_ours(client):
    html = client.get("/api/v1/docs/").content.decode()
    script = re.findall(r'src="(/api/v1/docs/[^"]*)"', html)
    body = client.get(script[0].replace("&amp;", "&"))
    assert body["Content-Type"] == "application/javascript"
    assert "/api/v1/schema/" in body.content.decode()
