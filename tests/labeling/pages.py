"""A project called tea with its labeler, and what a browser does on its pages, over HTTP."""

from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import User
from accounts.services import accept_consent, labeler_of
from collector.models import Project
from labeling.models import Slot
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories

FRAGMENT = {"HX-Request": "true"}


def make_tea() -> Project:
    """Three tasks of three responses each."""
    project = factories.make_project("tea", name="Tea & biscuits")
    set_policy(project=project, responses=3)
    factories.make_answered_prompts(project, prompts=3, responses=3)
    build_tasks(project=project)
    return project


def sign_in(user: User, *, consented: bool = True) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if consented:
        accept_consent(labeler=labeler_of(user=user))
    return client


def held(user: User) -> Slot:
    return Slot.objects.get(labeler__user=user, state="leased")


def texts_in_order(slot: Slot) -> list[str]:
    texts = dict(slot.task.candidates.values_list("pk", "text"))
    return [texts[pk] for pk in slot.order or []]


def post_answer(client: Client, slot: Slot, **fields: str) -> Any:
    data = {"submit_key": "key-1", "ranking": "2 1=3", "seconds": "12.5"} | fields
    return client.post(f"/projects/tea/label/{slot.uid}/submit/", data)


def html(response: Any) -> str:
    return str(response.content.decode())
