"""Admin of projects, sources, conversations, generators and runs."""

from collector.admin import collected, generators, runs, work

__all__ = ["collected", "generators", "runs", "work"]
