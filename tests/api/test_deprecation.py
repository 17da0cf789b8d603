"""Addresses that will end say since when, until when, and where to go."""

from datetime import UTC, datetime

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from api.deprecation import Deprecated
from api.permissions import SignedIn
from api.projects import ProjectDetail
from api.views import View
from tests.factories import make_user

ENDING = Deprecated(
    since=datetime(2026, 1, 1, tzinfo=UTC),
    ends=datetime(2026, 7, 1, tzinfo=UTC),
    instead="/api/v1/me/",
)


@pytest.fixture
def answer(db, settings):
    settings.SITE_URL = "https://concord.example.org"

    class Old(View):
        permission_classes = [SignedIn]
        deprecated = ENDING

        def get(self, request):
            return Response({})

    def ask(user):
        request = APIRequestFactory().get("/")
        request._force_auth_user = user
        return Old.as_view()(request)

    return ask


def test_an_address_that_ends_says_so(answer):
    response = answer(make_user())
    assert response.status_code == 200
    assert response["Deprecation"] == "@1767225600"
    assert response["Sunset"] == "Wed, 01 Jul 2026 00:00:00 GMT"
    assert response["Link"] == '<https://concord.example.org/api/v1/me/>; rel="successor-version"'


def test_so_do_its_refusals(answer):
    response = answer(None)
    assert response.status_code == 401
    assert response["Deprecation"] == "@1767225600"


def test_the_document_marks_it(monkeypatch):
    monkeypatch.setattr(ProjectDetail, "deprecated", ENDING)
    document = SchemaGenerator().get_schema(request=None, public=True)
    assert document["paths"]["/api/v1/projects/{slug}/"]["get"]["deprecated"] is True
    assert "deprecated" not in document["paths"]["/api/v1/projects/"]["get"]
