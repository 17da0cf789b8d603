"""What every view of the API has: strict inputs, and its project with the caller's roles in it."""

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from api.conditions import READING, change_if_unchanged, is_conditional_change, with_tag
from api.deprecation import Deprecated
from api.draining import drain
from api.idempotency import answer_once, is_asked_once
from api.paging import KeysetPagination
from api.permissions import InProject, Roles, check_scope
from collector.models import Project
from collector.selectors import Access, access_to, access_to_id
from common.errors import NotFound


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it does not know, so that a misspelt name is an error and not a default."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [key for key in data if key not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {key: ["There is no such field."] for key in unknown}, code="unknown_field"
                )
            _refuse_numbers(self, data)
        return super().to_internal_value(data)


def _refuse_numbers(serializer: StrictSerializer, data: Mapping[str, Any]) -> None:
    """A number is no text: written as one, it would be another (1.18e+21)."""
    wrong = {
        name: [serializers.CharField.default_error_messages["invalid"]]
        for name, field in serializer.fields.items()
        if name in data and _is_number_for_text(field, data[name])
    }
    if wrong:
        raise serializers.ValidationError(wrong, code="invalid")


def _is_number_for_text(field: Any, value: Any) -> bool:
    if isinstance(field, serializers.CharField):
        return isinstance(value, int | float)
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return any(_is_number_for_text(field.child, each) for each in value)
    if isinstance(field, serializers.DictField) and isinstance(value, dict):
        return any(_is_number_for_text(field.child, each) for each in value.values())
    return False


class View(APIView):
    """Base of all views. Query parameters are those of `filters` and the paging; others are 400.

    `metered` says whether requests are counted (`api.throttles`). By method, `reading` is what
    changes nothing besides GET, and `judging` is what a labeler's work needs: tokens of a narrow
    scope are good for these.
    """

    filters: ClassVar[type[StrictSerializer] | None] = None
    pagination_class: ClassVar[type[KeysetPagination] | None] = None
    metered: ClassVar[bool] = True
    reading: ClassVar[frozenset[str]] = frozenset()
    judging: ClassVar[frozenset[str]] = frozenset()
    deprecated: ClassVar[Deprecated | None] = None
    filtered: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.deprecated is not None:
            self.headers.update(self.deprecated.headers())
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated):
            self.check_throttles(request)  # strangers are counted as well
            raise
        if request.GET or self.filters is not None:
            self.check_parameters(request)
        if is_asked_once(request):
            self._surround(partial(answer_once, user=self.user, now=timezone.now()))
        elif is_conditional_change(request):
            self._surround(partial(change_if_unchanged, view=self))

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        check_scope(request, self)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        drain(request._request, status=final.status_code)
        if isinstance(final, Response) and final.status_code == 200 and self.is_read(request):
            final.add_post_render_callback(partial(with_tag, request=request))
        return final

    def is_read(self, request: Request) -> bool:
        """Whether the answer to a request shows what a GET of the same address does."""
        return request.method in READING

    def lock(self) -> None:
        """Hold on to what a change is of, as it is now, until the transaction's end.

        What belongs to no project is the caller's own.
        """
        User.objects.select_for_update(no_key=True).get(pk=self.user.pk)

    def _surround(self, around: Callable[..., HttpResponseBase]) -> None:
        """Have `around` decide whether and when the request's method is called."""
        name = str(self.request.method).lower()
        method = getattr(self, name, self.http_method_not_allowed)

        def surrounded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return around(request=request, call=partial(method, request, *args, **kwargs))

        setattr(self, name, surrounded)

    @property
    def user(self) -> User:
        """The caller; only behind a permission that lets nobody else in."""
        return cast(User, self.request.user)

    def read(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The request's body as that serializer understands it. Raises ValidationError."""
        reader = serializer(data=self.request.data)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def page(
        self,
        rows: QuerySet[Any],
        serializer: type[serializers.BaseSerializer[Any]],
        context: Callable[[list[Any]], dict[str, Any]] | None = None,
    ) -> Response:
        """One page of rows, written by that serializer; `context` reads what the page shares."""
        paginator = KeysetPagination()
        found = paginator.paginate_queryset(rows, self.request)
        shared = context(found) if context else {}
        writer = serializer(found, many=True, context={"request": self.request, **shared})
        return paginator.get_paginated_response(writer.data)

    def check_parameters(self, request: Request) -> None:
        """Read the query parameters into `filtered`.

        Raises ValidationError for an unknown one, and for one given twice: all of its values but
        one would be dropped.
        """
        repeated = [key for key, values in request.GET.lists() if len(values) > 1]
        if repeated:
            raise serializers.ValidationError(
                {key: ["This parameter is given more than once."] for key in repeated},
                code="repeated_parameter",
            )
        known = self.pagination_class.parameters if self.pagination_class else frozenset()
        given = {key: value for key, value in request.GET.items() if key not in known}
        reader = (self.filters or StrictSerializer)(data=given)
        reader.is_valid(raise_exception=True)
        self.filtered = dict(reader.validated_data)


class ProjectView(View):
    """A view of one project: `roles` says which of its members may use which method."""

    permission_classes = [InProject]
    roles: ClassVar[Roles] = {}
    access: Access

    def find_access(self, user: User) -> Access:
        """The project the request is about. Raises NotFound for who may not know of it."""
        return access_to(user=user, slug=self.kwargs["slug"])

    @property
    def project(self) -> Project:
        return self.access.project

    def is_read(self, request: Request) -> bool:
        return super().is_read(request) or (request.method == "PATCH" and hasattr(self, "get"))

    def lock(self) -> None:
        Project.objects.select_for_update(no_key=True).get(pk=self.project.pk)
        self.access = self.find_access(self.user)


class ObjectView(ProjectView):
    """A view of one thing of a project, found by the `uid` in the address."""

    objects: ClassVar[QuerySet[Any]]
    path_to_project: ClassVar[str] = "project_id"
    what: ClassVar[str] = "object"
    found: Any

    def lock(self) -> None:
        rows = type(self.found)._base_manager.select_for_update(no_key=True)
        rows.filter(pk=self.found.pk).first()
        self.access = self.find_access(self.user)

    def find_access(self, user: User) -> Access:
        found = self.objects.all().filter(uid=self.kwargs["uid"]).first()
        if found is None:
            raise NotFound(f"There is no such {self.what}.")
        self.found = found
        project_id = attrgetter(self.path_to_project)(found)
        try:
            return access_to_id(user=user, project_id=project_id)
        except NotFound as error:
            raise NotFound(f"There is no such {self.what}.") from error


@extend_schema(exclude=True)
class NoSuchAddress(View):
    """Whatever else is asked for below /api/."""

    permission_classes = [AllowAny]
    authentication_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such address here. Addresses end in a slash.")
