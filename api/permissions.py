"""Who may call what. Views name their permission; without one nobody may."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class DenyAll(BasePermission):
    """The default: a view that names no permission is closed."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False
