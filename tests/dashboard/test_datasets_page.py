"""The place "Datasets": the recipe with counts, versions, files, differences and what follows."""

import re

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from exports.models import Dataset, DatasetVersion, HubPush
from exports.services.versions import build_version, start_version
from tests import factories
from tests.exports.builders import judged_prompts

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/datasets/"
RECIPE = {
    "name": "First",
    "formats": ["preference"],
    "container": "jsonl",
    "pairs": "all",
    "votes": "each",
    "adjudicated": "ignore",
    "ties": "drop",
    "margin_table": "small",
    "purposes": ["work"],
    "min_votes": 1,
    "min_agreement": 0,
    "min_labeler_quality": 0,
    "max_pairs": 0,
    "balance": "none",
    "test_share": 0,
    "split_seed": 0,
    "anonymise_seed": 0,
}


def plain(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def project(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    project = factories.make_project("tea", name="Tea", languages=["en"])
    judged_prompts(project, 12)
    judged_prompts(factories.make_project("coffee"), 3)
    return project


@pytest.fixture
def researcher(project):
    client = Client()
    client.force_login(
        factories.make_member(project, "researcher"), backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    return client


def made(project, name="First", **recipe):
    version = start_version(
        project=project,
        name=name,
        formats=["preference"],
        container="jsonl",
        recipe={"test_share": 0} | recipe,
    )
    build_version(version_id=version.pk)
    version.refresh_from_db()
    return version


def test_a_recipe_becomes_a_version_whose_file_is_downloaded(researcher, project):
    assert "There is no dataset yet." in plain(researcher.get(PAGE))
    assert "Freeze and build" in plain(researcher.get(PAGE + "new/"))
    answer = researcher.post(PAGE + "new/", RECIPE, follow=True)
    version = DatasetVersion.objects.get()
    assert (version.recipe["test_share"], version.formats) == (0.0, ["preference"])
    assert f'data-job="/api/v1/dataset-versions/{version.uid}/"' in answer.content.decode()
    build_version(version_id=version.pk)
    page = researcher.get(f"{PAGE}versions/{version.uid}/")
    assert "train: 12" in plain(page)
    assert "RewardTrainer" in plain(page)
    files = re.findall(r'href="[^"]*/files/([^"]+)"', page.content.decode())
    assert files == ["preference.train.jsonl", "LICENSE", "README.md", "manifest.json"]
    link = re.search(r'href="([^"]*preference\.train\.jsonl)"', page.content.decode())[1]
    lines = b"".join(researcher.get(link).streaming_content).splitlines()
    assert len(lines) == 12
    assert "First" in plain(researcher.get(PAGE))


def test_counts_and_samples_are_shown_before_anything_is_built(researcher):
    page = plain(researcher.post(PAGE + "preview/", RECIPE | {"name": ""}))
    assert "rows read for preference 12" in page
    assert "judgments 12" in page
    assert "Row 1, train" in page
    less = researcher.post(PAGE + "preview/", RECIPE | {"min_votes": 2, "name": ""})
    assert "No row comes out." in plain(less)
    whole = plain(researcher.post(PAGE + "new/", RECIPE | {"preview": "1", "name": ""}))
    assert "rows read for preference 12" in whole
    assert not Dataset.objects.exists()


def test_what_makes_no_sense_is_said_at_its_field(researcher):
    wrong = RECIPE | {"adjudicated": "prefer"}
    page = researcher.post(PAGE + "new/", wrong)
    assert page.status_code == 400
    assert "adjudicated=prefer has a meaning with votes=consensus only." in plain(page)
    assert "The recipe cannot be read:" in plain(researcher.post(PAGE + "preview/", wrong))
    assert researcher.post(PAGE + "new/", RECIPE | {"formats": []}).status_code == 400
    assert not DatasetVersion.objects.exists()


def test_the_next_version_begins_with_the_recipe_of_the_one_before(researcher, project):
    version = made(project, columns=["margin"], languages=["de"], min_agreement=0.75)
    page = researcher.get(f"{PAGE}new/?from={version.uid}").content.decode()
    for value in ("margin", "de"):
        assert re.search(rf'value="{value}"[^>]*checked', page), value
    assert re.search(r'name="min_agreement"[^>]*value="75"', page) or (
        re.search(r'value="75"[^>]*name="min_agreement"', page)
    )
    assert 'value="First"' in page
    assert researcher.get(f"{PAGE}new/?from=nothing").status_code == 404


def test_versions_are_compared_built_again_and_removed(researcher, project):
    old = made(project)
    judged_prompts(project, 2)
    address = f"{PAGE}versions/{old.uid}/"
    again = researcher.post(address + "rebuild/", follow=True)
    assert "The next version is frozen" in plain(again)
    new = DatasetVersion.objects.get(number=2)
    build_version(version_id=new.pk)
    page = plain(researcher.get(f"{PAGE}versions/{new.uid}/?since={old.uid}"))
    assert "judgments 2 0 12" in page
    assert "preference 12 14" in page
    listed = plain(researcher.get(f"{PAGE}{new.dataset.uid}/"))
    assert listed.index("version 2") < listed.index("version 1")
    assert "+2, −0, 0 erased" in listed
    assert "The files were removed." in plain(researcher.post(address + "delete/", follow=True))
    old.refresh_from_db()
    assert (old.status, old.deleted_at is not None) == ("withdrawn", True)


def test_a_build_can_be_stopped(researcher, project):
    researcher.post(PAGE + "new/", RECIPE)
    version = DatasetVersion.objects.get()
    address = f"{PAGE}versions/{version.uid}/"
    assert "Nothing of it is kept." in plain(researcher.post(address + "cancel/", follow=True))
    assert "finished already" in plain(researcher.post(address + "cancel/", follow=True))


def test_a_push_that_is_refused_says_why(researcher, project, settings):
    version = made(project)
    address = f"{PAGE}versions/{version.uid}/push/"
    refused = researcher.post(address, {"repository": "alone"})
    assert refused.status_code == 400
    assert "A repository is named namespace/name." in plain(refused)
    assert not HubPush.objects.exists()


def test_the_pages_cost_few_queries(researcher, project, django_assert_max_num_queries):
    numbers = []
    for name in ("First", "Second"):
        version = made(project, name)
        version = made(project, name)
        addresses = (PAGE, f"{PAGE}new/", f"{PAGE}versions/{version.uid}/")
        addresses += (f"{PAGE}{version.dataset.uid}/",)
        counted = []
        for address in addresses:
            researcher.get(address)
            with django_assert_max_num_queries(15) as queries:
                assert researcher.get(address).status_code == 200
            counted.append(len(queries))
        numbers.append(counted)
    assert numbers[0] == numbers[1]


def test_what_is_of_another_project_is_not_found(researcher):
    other = made(factories.make_project("milk"))
    for address in (f"versions/{other.uid}/", f"{other.dataset.uid}/", f"new/?from={other.uid}"):
        assert researcher.get(PAGE + address).status_code == 404
    assert researcher.post(f"{PAGE}versions/{other.uid}/delete/").status_code == 404
