"""Who may cut the link to their pseudonym, and what it means for whoever comes back."""

import pytest

from accounts.models import User
from accounts.services import labeler_of
from common.errors import Conflict
from labeling.services.claiming import claim
from labeling.services.privacy import anonymise
from tests import factories
from tests.labeling.pages import html, make_tea
from tests.labeling.test_privacy import PASSWORD, reauthenticated
from tests.labeling.work import judge, project_with_tasks

pytestmark = pytest.mark.django_db


def test_administrators_would_judge_twice_and_are_told_so() -> None:
    project = make_tea()
    root = factories.make_user(is_superuser=True, password=PASSWORD)
    labeler = labeler_of(user=root)
    judge(project, labeler)
    with pytest.raises(Conflict):
        anonymise(labeler=labeler)
    page = reauthenticated(root).post("/me/data/anonymise/", {"sure": "on"})
    assert page.status_code == 400
    assert "you could judge the same task twice" in html(page)
    assert labeler_of(user=root) == labeler


def test_who_comes_back_starts_anew_as_the_page_says() -> None:
    project = project_with_tasks(1, overlap=2)
    user = factories.make_member(project, "labeler", factories.make_user(password=PASSWORD))
    page = html(reauthenticated(user).get("/me/data/anonymise/"))
    assert "may be given a task that they answered before" in page
    former = labeler_of(user=user)
    judge(project, former)
    assert claim(project=project, labeler=former) is None
    anonymise(labeler=former)
    factories.make_member(project, "labeler", user)
    assert claim(project=project, labeler=labeler_of(user=User.objects.get(pk=user.pk)))
