"""What the admin of every app shares: read-only lists that stay quick on millions of rows."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import DataError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from common.errors import DomainError

COUNTED = 10_000  # more rows than this are not counted one by one


class QuickPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to COUNTED; beyond that, whole tables are counted by the planner's statistics."""

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[Model], self.object_list)
        counted = rows.order_by()[: COUNTED + 1].count()
        if counted <= COUNTED or rows.query.where:
            return counted
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
                [rows.model._meta.db_table],
            )
            return max(int(cursor.fetchone()[0]), counted)


class ReadOnlyAdmin(ModelAdmin):
    """Look, filter and search; changes come from the services. A search for a uid is exact."""

    paginator = QuickPaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None
    search_by_uid = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The filters of the list and nothing more: no regular expression of a visitor's runs."""
        listed = lookup.split("__")[0] in map(str, self.list_filter)
        return listed and "regex" not in lookup and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            with transaction.atomic():
                found: ChangeList = super().get_changelist_instance(request)
                return found
        except (DataError, ValueError) as error:  # a value that the database cannot even compare
            raise IncorrectLookupParameters from error

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        uid = _uid(search_term)
        if uid and self.search_by_uid:
            return queryset.filter(uid=uid), False
        found: tuple[QuerySet[Model], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found


class ServiceAdmin(ReadOnlyAdmin):
    """An admin that writes through services: what a service refuses is shown as a message."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                response: HttpResponse = super().changeform_view(
                    request, object_id, form_url, extra_context
                )
                return response
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
