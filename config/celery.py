"""The Celery application; queues and schedules are in settings."""

import os

from celery import Celery

# Before the application: without it Celery does not know Django (no `delay_on_commit`).
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("concord")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["api"], related_name="chores")
