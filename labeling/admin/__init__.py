"""The admin site's view of labeling, a module a subject."""

from labeling.admin import care, judgments, policies, tasks, training, trust

__all__ = ["care", "judgments", "policies", "tasks", "training", "trust"]
