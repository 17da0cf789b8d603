"""Limits of the API: of a token, of an address, and never of labelers' work."""

from time import time
from uuid import uuid4

import pytest
from redis import Redis

from accounts.services import accept_consent, labeler_of
from api.views import View
from tests.api.conftest import client_of

ME = "/api/v1/me/"
NEVER = "redis://127.0.0.1:1/0"


@pytest.fixture
def limits(settings):
    """Three requests a minute with a token, two without."""
    settings.API_REQUESTS_PER_MINUTE = 3
    settings.API_ANONYMOUS_PER_MINUTE = 2
    return settings


def address() -> str:
    """An address that nobody has used before."""
    return f"fd00:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


def test_a_token_has_so_many_requests_a_minute(people, limits):
    client = client_of(people["researcher"])
    answers = [client.get(ME) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"caller";q=3;w=60'
    assert [answer["RateLimit"].split(";")[:2] for answer in answers] == [
        ['"caller"', f"r={left}"] for left in (2, 1, 0, 0)
    ]
    refused = answers[3]
    assert refused.json()["errors"][0]["code"] == "throttled"
    assert 1 <= int(refused["Retry-After"]) <= 20
    assert "Retry-After" not in answers[2]


def test_the_bucket_fills_again(people, limits):
    client = client_of(people["researcher"])
    assert [client.get(ME).status_code for _ in range(4)][-1] == 429
    redis = Redis.from_url(limits.CACHES["default"]["LOCATION"])
    (key,) = [key for key in redis.keys("concord:throttle:token:*") if float(redis.get(key)) > 0][
        -1:
    ]
    assert 0 < redis.ttl(key) <= 61
    for key in redis.keys("concord:throttle:token:*"):
        redis.set(key, time() + 40, ex=60)  # 20 seconds ago
    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]


def test_tokens_do_not_pay_for_each_other(people, limits):
    first, second = (client_of(people["researcher"]) for _ in range(2))
    assert [first.get(ME).status_code for _ in range(4)][-1] == 429
    assert second.get(ME).status_code == 200


def test_a_session_is_counted_by_its_person(people, limits, client):
    client.force_login(people["researcher"])
    assert [client.get(ME).status_code for _ in range(4)][-1] == 429


@pytest.mark.parametrize("token", [None, "Token nobodys"])
def test_strangers_are_counted_by_address(db, limits, client, token):
    headers = {"Authorization": token} if token else {}
    here, there = address(), address()
    statuses = [client.get(ME, headers=headers, REMOTE_ADDR=here).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert client.get(ME, headers=headers, REMOTE_ADDR=there).status_code == 401
    assert client.get("/api/v1/schema/", REMOTE_ADDR=here).status_code == 429


def test_strangers_of_one_household_are_counted_together(db, limits, client):
    """Whoever has an IPv6 address has 2^64 of them."""
    here = address()
    statuses = [client.get(ME, REMOTE_ADDR=f"{here}{n}").status_code for n in (1, 2, 3)]
    assert statuses == [401, 401, 429]


def test_the_address_is_the_one_that_proxies_say(db, limits, client):
    limits.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    proxy, said = address(), [address(), address()]

    def ask(of):
        return client.get(ME, REMOTE_ADDR=proxy, headers={"X-Forwarded-For": f"x, {of}"})

    assert [ask(said[0]).status_code for _ in range(3)] == [401, 401, 429]
    assert ask(said[1]).status_code == 401
    limits.ALLAUTH_TRUSTED_PROXY_COUNT = 3  # fewer have added theirs than were said to
    assert ask(said[1]).status_code in (401, 429)


def test_work_is_never_counted(people, limits):
    labeler = people["labeler"]
    accept_consent(labeler=labeler_of(user=labeler))
    client = client_of(labeler)
    assert [client.get(ME).status_code for _ in range(4)][-1] == 429
    claims = [client.post("/api/v1/projects/poems/claim/", {}, format="json") for _ in range(6)]
    assert {claim.status_code for claim in claims} == {204}
    assert "RateLimit" not in claims[0]


def test_without_redis_nobody_is_counted(people, limits, monkeypatch):
    client = client_of(people["researcher"])
    monkeypatch.setitem(limits.CACHES["default"], "LOCATION", NEVER)
    assert {client.get(ME).status_code for _ in range(5)} == {200}


def test_zero_is_no_limit(people, limits):
    limits.API_REQUESTS_PER_MINUTE = 0
    client = client_of(people["researcher"])
    answers = [client.get(ME) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]


def test_views_are_counted_unless_they_say_otherwise():
    assert View.metered is True
