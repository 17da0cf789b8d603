"""How often the API may be asked: a bucket for each token, and one for each address without.

A bucket holds a minute's worth of requests and fills evenly. Answers say what is left in it
(`RateLimit-Policy` and `RateLimit`, draft-ietf-httpapi-ratelimit-headers), refusals when to come
back (`Retry-After`). What labelers do is never counted: leases bound it, and work does not wait.
"""

import math
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from common.redis_scripts import shared_scripts

if TYPE_CHECKING:  # rest_framework.views itself imports this module, by the settings
    from rest_framework.views import APIView

WINDOW = 60  # seconds
# GCRA: the key holds when the bucket would be full again, in the server's own seconds.
_TAKE = """
local stamp = redis.call('TIME')
local now = tonumber(stamp[1]) + tonumber(stamp[2]) / 1000000
local quota, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local after = full + window / quota
if after - now > window + 0.000001 then
  return {-1, tostring(after - now - window)}
end
redis.call('SET', KEYS[1], string.format('%.6f', after), 'EX', math.ceil(window) + 1)
return {math.floor((window - (after - now)) * quota / window + 0.000001), tostring(after - now)}
"""


class Throttle(BaseThrottle):
    """Of every view but those whose `metered` is False."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Take one from the caller's bucket, and say in the answer's headers what is left."""
        self._wait: float | None = None
        name, quota, bucket = _bucket_of(request)
        if not quota or not getattr(view, "metered", True):
            return True
        scripts = shared_scripts(
            away="Redis is away; requests to the API are not counted",
            back="Redis is back; requests to the API are counted.",
        )
        answer = scripts.run(_TAKE, f"concord:throttle:{bucket}", [quota, WINDOW])
        if answer is None:
            return True
        left, seconds = int(answer[0]), float(answer[1])
        view.headers["RateLimit-Policy"] = f'"{name}";q={quota};w={WINDOW}'
        view.headers["RateLimit"] = f'"{name}";r={max(left, 0)};t={math.ceil(seconds)}'
        if left < 0:
            self._wait = seconds
        return left >= 0

    def wait(self) -> float | None:
        """Seconds until there is one in the bucket again."""
        return self._wait


def _bucket_of(request: Request) -> tuple[str, int, str]:
    """The limit's name, requests a minute (0: no limit), and the key of the caller's bucket."""
    if not request.user.is_authenticated:
        return "address", settings.API_ANONYMOUS_PER_MINUTE, f"address:{_address_of(request)}"
    digest = getattr(request.auth, "digest", None)
    caller = f"token:{digest[:32]}" if digest else f"user:{request.user.pk}"
    return "caller", settings.API_REQUESTS_PER_MINUTE, caller


def _address_of(request: Request) -> str:
    """Where the request comes from; nowhere in particular shares one bucket."""
    try:
        address = ip_address(get_adapter().get_client_ip(request._request))
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        return "unknown"
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))  # as much as one household is given
    return str(address)
