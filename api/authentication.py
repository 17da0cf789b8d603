"""API tokens: hashed at rest by knox, sent as `Authorization: Token …`."""

from knox.auth import TokenAuthentication

__all__ = ["TokenAuthentication"]
