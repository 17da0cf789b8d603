"""Logs keep no key that lets somebody in."""

import pytest
from django.test import Client

from config.logs import without_keys


@pytest.mark.parametrize(
    ("request_line", "logged"),
    [
        ("GET /accounts/password/reset/key/1-abc-def/", "GET /accounts/password/reset/key/…/"),
        ("POST /accounts/confirm/MQ:1x:y_z-/", "POST /accounts/confirm/…/"),
        ("GET /accounts/confirm/", "GET /accounts/confirm/"),
        ("GET /projects/tea/label/", "GET /projects/tea/label/"),
    ],
)
def test_addresses_are_logged_without_their_keys(request_line, logged):
    assert without_keys(None, "info", {"request": request_line})["request"] == logged


@pytest.mark.django_db
def test_requests_are_logged_that_way(capfd):
    Client().get("/accounts/confirm/a-secret-key/")
    out, err = capfd.readouterr()
    assert "/accounts/confirm/" in out + err
    assert "a-secret-key" not in out + err
