"""Which hosts may be asked, and which addresses their names may stand for.

An operator's list holds hosts (`api.openai.com`, `10.0.0.5`, `[::1]`), hosts with a port
(`10.0.0.5:8000`), all hosts below a name (`*.hf.co`) and networks (`10.0.0.0/8`). A network allows
no host by itself: it says that names on the list may stand for addresses in it.

Addresses that are not on the public internet are refused unless the operator meant them: the
address itself is on the list, or a network around it, or the host is named as only private ones are
(`vllm`, `models.internal`). What answers on link-local and cloud metadata addresses hands out
credentials: these, multicast and unspecified ones must be on the list themselves.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from django.utils.translation import gettext as _

from common.errors import InvalidInput

# Stricter than any URL parser, so that no two parsers can read two hosts out of one address.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~/-]*)?(?P<query>[?/][!$%&'()*+,./0-9:;=?A-Z_a-z~-]*)?"
)
_LAST_PORT = 65535
_PORTS = {"http": 80, "https": 443}
_PRIVATE_SUFFIXES = (".internal", ".local", ".localhost", ".test", ".lan", ".home.arpa")
_METADATA = {  # of clouds, beside 169.254.0.0/16
    ip_address("168.63.129.16"),
    ip_address("100.100.100.200"),
    ip_address("192.0.0.192"),
    ip_address("fd00:ec2::254"),
}
_NAT64 = ip_network("64:ff9b::/96")
_IPV6_PUBLIC = ip_network("2000::/3")

Address = IPv4Address | IPv6Address


class Refused(InvalidInput):
    """The operator has not allowed a request to go there."""

    code = "host_not_allowed"


@dataclass(frozen=True)
class Place:
    """The host of an address as requests name it (lower case, IPv6 without brackets)."""

    host: str
    port: int

    @classmethod
    def of(cls, host: str, port: int) -> "Place":
        """The place in its one spelling."""
        return cls(_canonical(host), port)

    @property
    def is_public(self) -> bool:
        """Whether the host is on the public internet, as far as its name tells."""
        try:
            return ip_address(self.host).is_global
        except ValueError:
            return not _is_private_name(self.host)

    @property
    def names(self) -> set[str]:
        """What an operator may have written for it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {host, f"{host}:{self.port}"}


def place_of(url: str, *, attr: str | None = None, query: bool = False) -> Place:
    """Where a request to `url` goes; InvalidInput at `attr` unless it is a plain address.

    Neither credentials nor fragments are plain; a query or an escaped path is where `query` is set.
    """
    found = _ADDRESS.fullmatch(url)
    plain = found is not None and (query or found["query"] is None)
    if found is None or not plain or not 0 < int(found["port"] or 1) <= _LAST_PORT:
        raise InvalidInput(
            _("“%(address)s” is not a plain http:// or https:// address.") % {"address": url},
            attr=attr,
        )
    return Place.of(found["host"], int(found["port"] or _PORTS[found["scheme"]]))


class Guard:
    """An operator's list of allowed hosts, `setting` its name for error messages."""

    def __init__(self, allowed: Iterable[str], *, setting: str) -> None:
        entries = [entry.strip().lower() for entry in allowed]
        self._networks = [found for entry in entries if (found := _network(entry)) is not None]
        self._suffixes = tuple(entry[1:] for entry in entries if entry.startswith("*."))
        self._names = {_canonical_entry(entry) for entry in entries}
        self._setting = setting

    def allows(self, place: Place) -> bool:
        """Whether the operator named the host, whatever its name stands for."""
        return not place.names.isdisjoint(self._names) or (
            bool(self._suffixes) and place.host.endswith(self._suffixes)
        )

    def check(self, url: str, *, attr: str | None = None, query: bool = False) -> Place:
        """Where `url` leads; InvalidInput unless it is plain, Refused unless its host is allowed.

        Looks nothing up: what the name stands for is checked when a connection is made.
        """
        place = place_of(url, attr=attr, query=query)
        self.require(place, shown=url, attr=attr)
        return place

    def require(self, place: Place, *, shown: str = "", attr: str | None = None) -> None:
        """Refused unless the host is allowed; `shown` is how the message calls it."""
        if not self.allows(place):
            raise Refused(
                _("The host of %(address)s is not among the allowed hosts (%(setting)s).")
                % {"address": shown or place.host, "setting": self._setting},
                attr=attr,
            )

    def passing(self, place: Place, addresses: Iterable[str]) -> list[str]:
        """Of the addresses that the host's name stands for, those that may be connected to.

        Refused, naming one, where there are addresses and none may be.
        """
        self.require(place)
        resolved = list(addresses)
        passing = [text for text in resolved if self._passes(place, ip_address(text))]
        if resolved and not passing:
            raise Refused(
                _(
                    "%(host)s stands for %(address)s, which is not a public address; the operator"
                    " has not allowed it (%(setting)s)."
                )
                % {"host": place.host, "address": resolved[0], "setting": self._setting}
            )
        return passing

    def _passes(self, place: Place, address: Address) -> bool:
        if self.allows(Place(str(address), place.port)):
            return True
        meant = [address, *_embedded(address)]
        if any(_never_by_name(each) for each in meant):
            return False
        if all(_is_public(each) for each in meant):
            return True
        return _is_private_name(place.host) or any(
            address.version == network.version and address in network for network in self._networks
        )


def _canonical(host: str) -> str:
    host = host.lower().removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def _canonical_entry(entry: str) -> str:
    """IPv6 in brackets and in its shortest form, as `Place.names` writes it."""
    found = re.fullmatch(r"\[(?P<host>[0-9a-f:.]+)\](?P<port>:\d+)?", entry)
    host = found["host"] if found else entry
    try:
        address = ip_address(host)
    except ValueError:
        return entry
    port = (found["port"] or "") if found else ""
    return f"[{address}]{port}" if address.version == 6 else f"{address}{port}"


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    if "/" not in entry:
        return None
    try:
        return ip_network(entry)
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    """Of IPv6 only what is given out as public, and what leads to the IPv4 addresses beside it."""
    if isinstance(address, IPv6Address) and address not in _NAT64:
        return address.is_global and address in _IPV6_PUBLIC
    return address.is_global


def _is_private_name(host: str) -> bool:
    """Whether no public name is like it, so that whoever allowed it meant a private host."""
    return ("." not in host and ":" not in host) or host.endswith(_PRIVATE_SUFFIXES)


def _never_by_name(address: Address) -> bool:
    return (
        address in _METADATA
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    )


def _embedded(address: Address) -> list[Address]:
    """IPv4 addresses that an IPv6 one leads to."""
    if isinstance(address, IPv4Address):
        return []
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    found: list[IPv4Address | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo is not None:
        found += address.teredo
    return [inner for inner in found if inner is not None]
