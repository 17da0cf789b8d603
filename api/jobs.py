"""The one shape of long work: `{"id", "kind", "status", "url", "progress", "error"}`."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

KINDS = {
    "import": "import",
    "import-undo": "import_undo",
    "run": "run",
    "dataset-version": "dataset_version",
    "push": "hub_push",
    "judging": "judging",
    "task-job": "tasks",
}
STATUSES = ["queued", "running", "paused", "succeeded", "failed", "cancelled", "withdrawn"]


class JobOut(serializers.Serializer[Any]):
    """Any job; its own address says more."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(sorted(KINDS.values()))
    status = serializers.ChoiceField(STATUSES)
    url = serializers.URLField(help_text="Where to ask how far it is.")
    progress = serializers.FloatField(min_value=0, max_value=1)
    error = serializers.CharField(allow_null=True, help_text="Why it failed, in one line.")


def job(
    request: Request, view: str, *, uid: UUID, status: str, progress: float, error: str
) -> dict[str, Any]:
    """A job as `JobOut`; `view` is the name of its address."""
    return {
        "id": uid,
        "kind": KINDS[view],
        "status": status,
        "url": reverse(f"api:{view}", kwargs={"uid": uid}, request=request),
        "progress": 1.0 if status == "succeeded" else round(progress, 4),
        "error": error or None,
    }
