"""Settings, servers, addresses. Importing it makes Celery's `shared_task` find the application."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
