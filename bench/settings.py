"""The shipped settings plus one address: the bare view that is the ceiling of the benchmark."""

from config.settings import *  # noqa: F403 - a settings module is made of names

ROOT_URLCONF = "bench.urls"
