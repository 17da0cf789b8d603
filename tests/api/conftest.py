"""A project with one person in every role, and clients that call the API as them."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import create_token
from collector.models import Membership, Project
from tests.factories import make_member, make_project, make_user

Call = Callable[[User], APIClient]


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(user=user)}")
    return client


@pytest.fixture
def project(db) -> Project:
    return make_project("poems")


@pytest.fixture
def people(project) -> dict[str, User]:
    """A user in every role, `admin`, `stranger` (no role anywhere) and `other` (elsewhere)."""
    people = {role: make_member(project, role) for role in Membership.Role.values}
    people["admin"] = make_user(is_superuser=True)
    people["stranger"] = make_user()
    people["other"] = make_member(make_project("elsewhere"), Membership.Role.RESEARCHER)
    return people


@pytest.fixture
def clients(people) -> dict[str, APIClient]:
    return {role: client_of(user) for role, user in people.items()} | {"nobody": APIClient()}


@pytest.fixture
def researcher(clients: dict[str, APIClient]) -> APIClient:
    return clients["researcher"]


@pytest.fixture
def labeler(clients: dict[str, APIClient]) -> APIClient:
    return clients["labeler"]
