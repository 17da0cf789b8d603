"""What people worked in a period, and what that comes to."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.services import labeler_of
from collector.models import Membership
from common.errors import InvalidInput
from labeling.models import Adjudication, Judgment, Task
from labeling.pay import Terms, last_month, pay_csv, pay_in
from labeling.services.privacy import anonymise
from labeling.services.submitting import submit
from tests.factories import make_answered_prompts, make_labeler, make_member, make_user
from tests.labeling.work import judge, project_with_tasks, ranking

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_with_tasks(8)


@pytest.fixture
def ana(project):
    return make_member(project, Membership.Role.LABELER, make_user("ana@example.org", name="Ana"))


@pytest.fixture
def today():
    return timezone.now().astimezone(UTC).date()


@pytest.fixture
def terms(today):
    return Terms(today, today, per_hour=Decimal(36), per_task=Decimal("0.105"))


def test_tasks_and_time_are_paid(project, ana, terms):
    labeler = labeler_of(user=ana)
    for seconds in (10, 20, 60.5):
        judge(project, labeler, seconds=seconds)
    elsewhere = project_with_tasks(1)
    judge(elsewhere, labeler, seconds=500)
    (row,) = pay_in(project=project, terms=terms).rows
    assert (row.user, row.tasks, row.seconds, row.median) == (ana, 3, 90.5, 20)
    assert row.amount == Decimal("1.22")  # 0.905 + 0.315, half a cent up


def test_of_one_task_a_bounded_time_counts_corrections_with_it(project, ana, terms):
    labeler = labeler_of(user=ana)
    first = judge(project, labeler, seconds=800)
    answer = ranking("2", "1", seconds=300, submit_key="corrected")
    submit(slot_uid=first.slot.uid, labeler=labeler, answer=answer)
    judge(project, labeler, seconds=None)
    assert Judgment.objects.filter(supersedes=first).count() == 1
    (row,) = pay_in(project=project, terms=terms).rows
    assert (row.tasks, row.seconds, row.long, row.untimed) == (2, 900, 1, 1)


def test_days_are_whole_and_in_utc(project, ana, today):
    labeler = labeler_of(user=ana)
    moments = {
        "2026-03-01": datetime(2026, 3, 1, tzinfo=UTC),
        "2026-03-31": datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        "before": datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC),
        "after": datetime(2026, 4, 1, tzinfo=UTC),
    }
    for moment in moments.values():
        judged = judge(project, labeler, seconds=1)
        Judgment.objects.filter(pk=judged.pk).update(created_at=moment)
    march = pay_in(project=project, terms=Terms(date(2026, 3, 1), date(2026, 3, 31)))
    assert march.tasks == 2
    assert last_month(date(2026, 4, 15)) == (date(2026, 3, 1), date(2026, 3, 31))
    assert last_month(date(2026, 1, 1)) == (date(2025, 12, 1), date(2025, 12, 31))


def test_training_is_paid_where_it_is_asked_for(project, ana, terms):
    labeler = labeler_of(user=ana)
    judge(project, labeler, seconds=10)
    for purpose in ("practice", "qualification"):
        judged = judge(project, labeler, seconds=100)
        Judgment.objects.filter(pk=judged.pk).update(purpose=purpose)
    without = pay_in(project=project, terms=terms)
    assert (without.tasks, without.training, without.seconds) == (1, 2, 10)
    paid = pay_in(
        project=project, terms=Terms(terms.since, terms.until, per_task=Decimal(1), training=True)
    )
    assert (paid.tasks, paid.training, paid.seconds) == (1, 2, 210)
    assert (without.amount, paid.amount) == (Decimal("0.21"), Decimal("3.00"))


def test_decisions_of_reviewers_are_paid_and_second_thoughts_are_no_task(project, terms):
    reviewer = make_member(project, Membership.Role.REVIEWER)
    prompt = make_answered_prompts(project, 1, responses=2)[0]
    task = Task.objects.create(project=project, prompt=prompt, state="complete")
    row = {"task": task, "labeler": labeler_of(user=reviewer), "tiers": [], "order": []}
    now = timezone.now()
    for purpose in ("adjudication", "reconsidered"):
        Judgment.objects.create(
            **row, purpose=purpose, submit_key=purpose, body_hash=b"", created_at=now, seconds=5
        )
    Adjudication.objects.create(
        project=project, task=task, disagreement=1, resolved_by=reviewer, state="open"
    )
    reviewer.memberships.all().delete()  # who left is paid all the same
    (paid,) = pay_in(project=project, terms=terms).rows
    assert (paid.user, paid.tasks, paid.decisions) == (reviewer, 0, 1)


def test_only_people_are_paid_and_who_cut_the_link_has_no_name(project, ana, terms):
    judge(project, make_labeler(user=None, kind="simulated"), seconds=10)
    for seconds in (10, 30):
        gone = labeler_of(user=make_member(project, Membership.Role.LABELER))
        judge(project, gone, seconds=seconds)
        anonymise(labeler=gone)
    judge(project, labeler_of(user=ana), seconds=7)
    pay = pay_in(project=project, terms=terms)
    assert [(row.user, row.people, row.seconds) for row in pay.rows] == [(ana, 1, 7), (None, 2, 40)]
    assert (pay.people, pay.tasks, pay.seconds) == (3, 3, 47)
    assert pay.amount == sum(row.amount for row in pay.rows)


@pytest.mark.parametrize("people", [1, 3])
def test_it_costs_the_same_for_any_number_of_people(
    project, terms, people, django_assert_num_queries
):
    for _ in range(people):
        judge(project, labeler_of(user=make_member(project, "labeler")), seconds=1)
    with django_assert_num_queries(3):
        assert len(pay_in(project=project, terms=terms).rows) == people


def test_the_file_has_a_line_for_each_and_no_formula(project, today):
    evil = make_user("=cmd@example.org", name="+1+2")
    make_member(project, Membership.Role.LABELER, evil)
    judge(project, labeler_of(user=evil), seconds=90)
    pay = pay_in(project=project, terms=Terms(today, today, per_hour=Decimal(40)))
    (line,) = csv.DictReader(io.StringIO(pay_csv(pay)))
    assert line == {
        "email": "'=cmd@example.org",
        "name": "'+1+2",
        "people": "1",
        "standing": "",
        "tasks": "1",
        "decisions": "0",
        "training": "0",
        "hours": "0.0250",
        "median_seconds": "90.0",
        "long": "0",
        "untimed": "0",
        "amount": "1.00",
    }


@pytest.mark.parametrize(
    ("attr", "change"),
    [
        ("until", {"until": date(2020, 1, 1)}),
        ("since", {"since": date(2020, 1, 1)}),
        ("since", {"since": date(1, 1, 1), "until": date(1, 1, 2)}),
        ("minutes", {"minutes": 0}),
        ("per_hour", {"per_hour": Decimal(-1)}),
        ("per_task", {"per_task": Decimal("NaN")}),
    ],
)
def test_terms_that_cannot_be_are_refused(project, today, attr, change):
    asked = {"since": today - timedelta(days=1), "until": today} | change
    with pytest.raises(InvalidInput) as refused:
        pay_in(project=project, terms=Terms(**asked))
    assert refused.value.attr == attr
