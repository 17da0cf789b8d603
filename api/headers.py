"""Headers of the API, and how the OpenAPI document describes them."""

from typing import Any

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_PATTERN = r"^[!-~]{1,255}$"


def parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    """An optional header of a request."""
    return {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string"} | schema,
    }


KEY = parameter(
    IDEMPOTENCY_KEY,
    "Your own name of this request. Sent again within 24 hours, it is answered again, and done "
    "once; another request under it is 422.",
    pattern=KEY_PATTERN,
)
IF_NONE_MATCH = parameter("If-None-Match", "The `ETag` you have: 304 where nothing has changed.")
IF_MATCH = parameter(
    "If-Match", "The `ETag` you have read: 412 where it is no longer that of what is there."
)
