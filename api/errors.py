"""Every error of the API: `{"type", "errors": [{"code", "detail", "attr"}]}`."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import UnreadablePostError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import VALIDATION_ERROR, Error
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.settings import api_settings

from api.parsers import TooLarge
from common.errors import Busy, DomainError

WHOLE = str(api_settings.NON_FIELD_ERRORS_KEY)


class BadRequest(APIException):
    """A request that Django itself refused to read."""

    status_code = 400
    default_code = "bad_request"
    default_detail = "The request cannot be read."


class Refused(APIException):
    """A domain error on its way out."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(detail=error.detail, code=error.code)
        self.status_code = error.status
        self.attr = error.attr
        if isinstance(error, Busy):
            self.wait = error.retry_after_seconds


class _Formatter(ExceptionFormatter):
    def get_error_type(self) -> Any:
        if isinstance(self.exc, Refused) and self.exc.status_code == 400:
            return VALIDATION_ERROR
        return super().get_error_type()

    def get_errors(self) -> list[Error]:
        errors: list[Error] = super().get_errors()
        if isinstance(self.exc, Refused):
            return [Error(error.code, error.detail, self.exc.attr) for error in errors]
        return [Error(error.code, error.detail, _field(error.attr)) for error in errors]


def _field(attr: str | None) -> str | None:
    """The field at fault; null, as everywhere, where it is the whole body rather than a field."""
    if attr is None or attr == WHOLE:
        return None
    return attr.removesuffix(f".{WHOLE}")


class _Handler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return Refused(exc)
        if isinstance(exc, RequestDataTooBig):
            return TooLarge()
        if isinstance(exc, SuspiciousOperation | UnreadablePostError):
            return BadRequest()
        return super().convert_known_exceptions(exc)

    def format_exception(self, exc: APIException) -> Any:
        return _Formatter(exc, self.context, self.exc).run()

    def report_exception(self, exc: APIException, response: Response) -> None:
        if not isinstance(exc, Refused):  # "busy, try again" is an answer, not a fault
            super().report_exception(exc, response)


def exception_handler(exc: Exception, context: Any) -> Response | None:
    """What an exception in a view answers (REST_FRAMEWORK["EXCEPTION_HANDLER"])."""
    return _Handler(exc, context).run()
