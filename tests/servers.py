"""Loaded before settings (`-p tests.servers`): the test session's own servers."""
