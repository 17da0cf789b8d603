"""The Celery application; queues and schedules are in settings."""

from celery import Celery

app = Celery("concord")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
