from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from audit.acting import on_connection


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Connections say who acts, ahead of what they write (`audit.acting`)."""
        connection_created.connect(on_connection, dispatch_uid="audit")
