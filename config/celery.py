"""The Celery application; queues and schedules are in settings."""

import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask

from audit.acting import acting

# Before the application: without it Celery does not know Django (no `delay_on_commit`).
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class NamedTask(DjangoTask[..., Any]):
    """What a task writes, the audit says, the task did."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting(lambda: {"via": "task", "place": self.name}):
            return self.run(*args, **kwargs)


app = Celery("concord", task_cls=NamedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["api"], related_name="chores")
