"""Admin of projects, sources, conversations, generators and runs."""

from collector.admin import collected, work

__all__ = ["collected", "work"]
