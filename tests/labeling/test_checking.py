"""Hidden checks: a warning, then a pause, then a person; and the way back from each."""

import pytest
from django.core import mail
from django.utils import translation

from labeling.errors import Paused
from labeling.gold_answers import gold_answers
from labeling.models import Judgment, LabelerStanding, Letter, StandingChange
from labeling.services.checking import check_gold, check_recent
from labeling.services.claiming import claim
from labeling.services.deciding import decide
from labeling.services.preferences import preferences_of
from tests.factories import make_labeler, make_user
from tests.labeling.checks import answer_checks, checked_project
from tests.labeling.training import put_in_force
from tests.labeling.work import together

pytestmark = pytest.mark.django_db


def checked(project, labeler, answers):
    """The state that a check brings after these answers, null where it brings none."""
    answer_checks(project, labeler, answers)
    return check_gold(project=project, labeler=labeler)


def state_of(project, labeler):
    return LabelerStanding.objects.get(project=project, labeler=labeler).state


def test_nothing_is_weighed_before_the_policy_says_so():
    project, ana = checked_project(), make_labeler()
    assert checked(project, ana, "w" * 9) is None
    assert not LabelerStanding.objects.exists()
    assert checked(project, ana, "w") == "warned"


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ("rrrwwwwwww", "warned"),  # P(Bin(10, .75) <= 3) = .0035
        ("rrrrwwwwww", None),  # .0197
        ("rrrrrrrwww", None),
    ],
)
def test_a_warning_needs_more_than_bad_luck(answers, state):
    assert checked(checked_project(), make_labeler(), answers) == state


def test_warned_people_work_on_and_read_a_kind_letter():
    project, ana = checked_project(), make_labeler()
    checked(project, ana, "w" * 10)
    assert claim(project=project, labeler=ana) is None  # nothing there, and no refusal
    letter = Letter.objects.get()
    assert (letter.labeler, letter.from_labeler, letter.writer) == (ana, False, None)
    assert "You can go on working" in letter.text
    change = StandingChange.objects.get()
    assert (change.before, change.after, change.decided_by) == ("training", "warned", None)
    assert change.evidence == {
        "automatic": True,
        "gold": {
            "right": 0,
            "total": 10,
            "accuracy": 0,
            "lower": 0,
            "upper": 0.2775,
            "minimum": 0.75,
            "p": 0.000001,
        },
    }
    assert not mail.outbox


def test_who_goes_on_like_that_is_paused_and_a_person_decides():
    project, ana = checked_project(), make_labeler()
    checked(project, ana, "w" * 10)
    assert checked(project, ana, "w" * 9) is None  # as many again, not the old ones twice
    assert checked(project, ana, "w") == "paused"
    with pytest.raises(Paused):
        claim(project=project, labeler=ana)
    assert "a person will look at your answers" in Letter.objects.order_by("pk").last().text
    assert check_gold(project=project, labeler=ana) is None  # nobody is excluded by a figure
    assert state_of(project, ana) == "paused"
    assert StandingChange.objects.count() == 2


def test_who_does_better_after_a_warning_has_it_lifted():
    project, ana = checked_project(), make_labeler()
    checked(project, ana, "w" * 10)
    assert checked(project, ana, "rrrrrrrrww") == "active"
    assert StandingChange.objects.last().evidence["gold"]["right"] == 8
    assert "lifted" in Letter.objects.order_by("pk").last().text


def test_who_does_a_little_better_stays_warned():
    project, ana = checked_project(), make_labeler()
    checked(project, ana, "w" * 10)
    assert checked(project, ana, "rrrrrrwwww") is None
    assert state_of(project, ana) == "warned"


def test_a_persons_decision_begins_the_count_anew():
    project, ana, rae = checked_project(30), make_labeler(), make_user()
    checked(project, ana, "w" * 10)
    checked(project, ana, "w" * 10)
    decide(project=project, labeler=ana, state="active", reason="We talked.", decided_by=rae)
    assert checked(project, ana, "w" * 9) is None
    assert state_of(project, ana) == "active"
    assert checked(project, ana, "w") == "warned"
    weighed = [change.evidence["gold"]["total"] for change in StandingChange.objects.all()]
    assert weighed == [10, 10, 20, 10]  # a person goes by all there is


def test_a_decision_keeps_what_was_known_and_is_told():
    project, ana, rae = checked_project(), make_labeler(), make_user()
    answer_checks(project, ana, "rrrrw")
    decide(project=project, labeler=ana, state="excluded", reason="Two accounts.", decided_by=rae)
    decide(project=project, labeler=ana, state="excluded", reason="Two accounts.", decided_by=rae)
    change = StandingChange.objects.get()
    assert (change.decided_by, change.evidence["gold"]["right"]) == (rae, 4)
    letter = Letter.objects.get()
    assert letter.writer == rae
    assert "“Two accounts.”" in letter.text
    assert "appeal" in letter.text


def test_letters_are_in_the_language_of_who_reads_them():
    project, ana = checked_project(), make_labeler()
    preferences = preferences_of(labeler=ana)
    preferences.interface_language = "de"
    preferences.save()
    with translation.override("fr"):
        checked(project, ana, "w" * 10)
        assert translation.get_language() == "fr"
    assert Letter.objects.get().text  # in English as long as the catalogue has no such words


def test_without_anybody_to_read_it_there_is_no_letter():
    project, crowd = checked_project(), make_labeler(user=None, kind="simulated")
    assert checked(project, crowd, "w" * 10) == "warned"
    assert not Letter.objects.exists()


def test_a_project_that_asks_for_training_checks_only_who_has_passed_it():
    project, ana = checked_project(), make_labeler()
    put_in_force(project, qualification_items=1)
    assert checked(project, ana, "w" * 10) is None
    LabelerStanding.objects.create(project=project, labeler=ana, state="active")
    assert check_gold(project=project, labeler=ana) == "warned"


def test_answers_of_other_projects_and_people_and_corrected_ones_do_not_count():
    project, elsewhere = checked_project(10), checked_project(10)
    ana, bo = make_labeler(), make_labeler()
    answer_checks(elsewhere, ana, "w" * 10)
    answer_checks(project, bo, "rrw")
    answer_checks(project, ana, "rrrww")
    wrong = Judgment.objects.filter(labeler=ana, task__project=project).last()
    Judgment.objects.filter(pk=wrong.pk).update(retired_at=wrong.created_at)
    found = gold_answers(project_id=project.pk)
    assert {key: (each.right, each.total) for key, each in found.items()} == {
        ana.pk: (3, 4),
        bo.pk: (2, 3),
    }
    assert check_gold(project=project, labeler=ana) is None


def test_a_tie_against_an_order_counts_half():
    project, ana = checked_project(2), make_labeler()
    answer_checks(project, ana, "rw")
    tied = Judgment.objects.order_by("pk")[0]
    Judgment.objects.filter(pk=tied.pk).update(tiers=[sorted(tied.order)])
    assert gold_answers(project_id=project.pk)[ana.pk].right == 0.5


def test_what_the_broker_lost_is_found():
    project, ana = checked_project(), make_labeler()
    answer_checks(project, ana, "w" * 10)
    check_recent()
    assert state_of(project, ana) == "warned"


@pytest.mark.django_db(transaction=True)
def test_two_workers_warn_once():
    project, ana = checked_project(10), make_labeler()
    answer_checks(project, ana, "w" * 10)
    found = together(4, lambda _number: check_gold(project=project, labeler=ana))
    assert sorted(map(str, found)) == ["None", "None", "None", "warned"]
    assert Letter.objects.count() == StandingChange.objects.count() == 1
