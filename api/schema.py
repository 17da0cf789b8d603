"""What the OpenAPI document says beyond the views: how to sign in, and what errors look like."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema

from api.headers import IF_MATCH, IF_NONE_MATCH, KEY

_ERROR = {
    "type": "object",
    "required": ["type", "errors"],
    "properties": {
        "type": {"enum": ["validation_error", "client_error", "server_error"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail", "attr"],
                "properties": {
                    "code": {"type": "string", "description": "Stable and machine-readable."},
                    "detail": {"type": "string", "description": "One line for a person."},
                    "attr": {
                        "type": ["string", "null"],
                        "description": "The field at fault, parts joined by dots.",
                    },
                },
            },
        },
    },
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Token …`."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, with a token of the page “Access tokens”, of `POST "
            "me/tokens/` or of `manage.py create_token EMAIL`. Its scope may be narrower than "
            "what you may do: `read` (whatever changes nothing) or `label` (what a labeler's "
            "work needs); then everything else is 403 with the code `scope_too_narrow`.",
        }


class AutoSchema(SpectacularSchema):
    """What the document says of one operation."""

    def is_deprecated(self) -> bool:
        """Whether the view says so."""
        return getattr(self.view, "deprecated", None) is not None


def describe_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Name the headers that every operation of a kind takes and answers with."""
    for path in result["paths"].values():
        for method, operation in path.items():
            taken = operation.setdefault("parameters", [])
            if method == "post":
                taken.append(KEY)
            elif method == "get":
                _describe_reading(operation)
            elif "get" in path:
                taken.append(IF_MATCH)
    return result


def _describe_reading(operation: dict[str, Any]) -> None:
    read = operation["responses"].get("200", {})
    if "application/json" in read.get("content", {}):
        operation["parameters"].append(IF_NONE_MATCH)
        read["headers"] = {"ETag": {"schema": {"type": "string"}}}
        operation["responses"]["304"] = {"description": "You have it already (If-None-Match)."}


def describe_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Name the one shape of errors as the default answer of every operation."""
    result["components"].setdefault("schemas", {})["Error"] = _ERROR
    answer = {
        "description": "What went wrong.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = answer
    return result
