"""Which hosts and addresses the guard lets pass."""

import pytest

from common.errors import InvalidInput
from common.outgoing.guard import Guard, Place, Refused, place_of

PUBLIC = "93.184.215.14"


def guard(*allowed: str) -> Guard:
    return Guard(allowed, setting="ALLOWED")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://models.example.org", Place("models.example.org", 80)),
        ("https://Models.Example.org:8443/v1/", Place("models.example.org", 8443)),
        ("https://[::1]/v1", Place("::1", 443)),
        ("http://[0:0:0:0:0:0:0:1]:8080", Place("::1", 8080)),
        ("http://vllm_1:8000/v1", Place("vllm_1", 8000)),
    ],
)
def test_a_plain_address_names_one_place(url: str, place: Place) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org",
        "//example.org",
        "http://user:pass@example.org",
        "http://example.org:9@other.example",
        "http://example.org\\@other.example",
        "http://example.org#@other.example",
        "http://example.org/v1\n",
        "http://example.org/\r\nHost: other",
        "http://example.org:0",
        "http://example.org:65536",
        "http://ex\N{LATIN SMALL LETTER A WITH ACUTE}mple.org",
        "http://example.org\N{FULLWIDTH SOLIDUS}other",
        "http://[::1%25eth0]/",
        "http://example.org/v1?x=1",
        "http://example.org/%2e%2e/",
    ],
)
def test_what_two_parsers_could_read_as_two_places_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        place_of(url, attr="url")
    assert refusal.value.attr == "url"


def test_a_query_is_plain_where_it_is_expected() -> None:
    assert place_of("https://hooks.example.org/in?token=a%20b", query=True) == Place(
        "hooks.example.org", 443
    )
    with pytest.raises(InvalidInput):
        place_of("https://hooks.example.org?x@other.example", query=True)


@pytest.mark.parametrize(
    ("allowed", "url", "allows"),
    [
        ("api.example.org", "https://api.example.org/v1", True),
        (" API.example.org ", "https://api.example.org:8443/v1", True),
        ("api.example.org:443", "https://api.example.org/v1", True),
        ("api.example.org:443", "http://api.example.org/v1", False),
        ("api.example.org", "https://api.example.org.evil.example/v1", False),
        ("api.example.org", "https://evil-api.example.org/v1", False),
        ("api.example.org", "https://api.example.org./v1", False),
        ("*.hf.co", "https://cdn-lfs.hf.co", True),
        ("*.hf.co", "https://hf.co", False),
        ("*.hf.co", "https://evilhf.co", False),
        ("[::1]", "http://[0:0:0:0:0:0:0:1]:9", True),
        ("[0::1]:9", "http://[::1]:9", True),
        ("[::1]:9", "http://[::1]:10", False),
        ("127.0.0.1", "http://127.0.0.1:9", True),
        ("127.0.0.1", "http://127.1:9", False),
        ("127.0.0.1", "http://2130706433:9", False),
        ("127.0.0.0/8", "http://127.0.0.1:9", False),
        ("", "http://127.0.0.1", False),
        ("*", "http://example.org", False),
    ],
)
def test_only_what_the_operator_named_is_allowed(allowed: str, url: str, allows: bool) -> None:
    assert guard(allowed).allows(place_of(url)) is allows


def test_a_refusal_names_the_setting_and_the_field() -> None:
    with pytest.raises(Refused) as refusal:
        guard("a.example").check("https://b.example/v1", attr="base_url")
    assert (refusal.value.code, refusal.value.attr) == ("host_not_allowed", "base_url")
    assert refusal.value.detail == (
        "The host of https://b.example/v1 is not among the allowed hosts (ALLOWED)."
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - reaches this machine
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::7f00:1",
    ],
)
def test_a_public_name_may_not_stand_for_an_address_that_is_not(address: str) -> None:
    with pytest.raises(Refused, match=r"^api\.example\.org stands for"):
        guard("api.example.org").passing(Place("api.example.org", 443), [address])


def test_of_several_addresses_only_public_ones_pass() -> None:
    place = Place("api.example.org", 443)
    found = ["10.0.0.1", PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"]
    assert guard("api.example.org").passing(place, found) == found[1:3]


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        (["llm.example.org", "10.0.0.5"], "llm.example.org", "10.0.0.5"),
        (["llm.example.org", "10.0.0.5:443"], "llm.example.org", "10.0.0.5"),
        (["llm.example.org", "10.0.0.0/24"], "llm.example.org", "10.0.0.5"),
        (["llm.example.org", "169.254.1.1"], "llm.example.org", "169.254.1.1"),
        (["vllm"], "vllm", "172.18.0.5"),
        (["localhost"], "localhost", "::1"),
        (["vllm.models.svc.cluster.local"], "vllm.models.svc.cluster.local", "10.96.0.7"),
        (["127.0.0.1"], "127.0.0.1", "127.0.0.1"),
        (["[::1]"], "::1", "::1"),
    ],
)
def test_private_addresses_pass_where_the_operator_meant_them(
    allowed: list[str], host: str, address: str
) -> None:
    assert guard(*allowed).passing(Place(host, 443), [address]) == [address]


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        (["llm.example.org", "10.0.0.5:8000"], "llm.example.org", "10.0.0.5"),
        (["llm.example.org", "10.0.0.0/24"], "llm.example.org", "10.0.1.5"),
        (["llm.example.org", "169.254.0.0/16"], "llm.example.org", "169.254.169.254"),
        (["vllm"], "vllm", "169.254.169.254"),
        (["*.hf.co"], "x.hf.co", "127.0.0.1"),
    ],
)
def test_and_no_others_do(allowed: list[str], host: str, address: str) -> None:
    with pytest.raises(Refused):
        guard(*allowed).passing(Place(host, 443), [address])
