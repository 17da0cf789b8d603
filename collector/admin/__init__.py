"""Admin of projects, sources, conversations, generators and runs."""

from collector.admin import collected, generators, hygiene, runs, work

__all__ = ["collected", "generators", "hygiene", "runs", "work"]
