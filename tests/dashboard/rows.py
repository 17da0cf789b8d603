"""Rows of every model that the admin site shows."""

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import Labeler, Preferences, User
from accounts.services import accept_consent
from collector.models import (
    Batch,
    Generation,
    ImportedPreference,
    ImportJob,
    Message,
    MessageFlag,
    Project,
    PromptSignature,
    PromptTemplate,
    Run,
    Source,
    Spending,
    Webhook,
    WebhookDelivery,
)
from collector.services.generators import recorded_revision
from collector.services.invitations import write_invitation
from exports.models import Dataset, DatasetFile, DatasetPart, DatasetVersion, HubPush
from labeling.models import (
    Adjudication,
    AgreementSnapshot,
    ContentWarning,
    GoldItem,
    GuidelineReading,
    Judge,
    Judgment,
    LabelersSnapshot,
    LabelerStanding,
    LeaderboardSnapshot,
    Letter,
    Mask,
    Opinion,
    ProjectCounts,
    QualificationAttempt,
    Report,
    Span,
    StandingChange,
    Task,
    TaskJob,
    Verdict,
)
from labeling.services.building import build_tasks
from labeling.services.claiming import claim, skip
from labeling.services.policies import set_guidelines, set_policy
from labeling.services.submitting import Answer, submit
from tests import factories


def fill(rounds: int) -> None:
    """Rows of every registered model: each round is a project of its own with its own people."""
    for number in range(rounds):
        project = factories.make_project(f"p{number}")
        labeler = factories.make_labeler()
        accept_consent(labeler=labeler)
        assert labeler.user
        factories.make_member(project, "labeler", labeler.user)
        _invite(project, labeler.user)
        _collect(project, number)
        _judge(project, labeler)
        _train_and_care(project, labeler)
        dataset = Dataset.objects.create(
            project=project, name=f"d{number}", created_by=labeler.user
        )
        version = DatasetVersion.objects.create(
            dataset=dataset, number=1, formats=["preference"], container="jsonl"
        )
        DatasetPart.objects.create(version=version, ordinal=0, source="prompts", low=0, high=1)
        HubPush.objects.create(version=version, repository="a/b")
        DatasetFile.objects.create(version=version, name="a.jsonl", bytes=1, sha256="0" * 64)


def _collect(project: Project, number: int) -> None:
    source = Source.objects.create(project=project, kind="table", name="f.csv")
    ImportJob.objects.create(source=source, preset="table", filename="f.csv")
    prompt, _ = factories.make_answered_prompts(project, prompts=2, responses=2)
    ImportedPreference.objects.create(source=source, row=1, prompt=prompt, tiers=[])
    revision = recorded_revision(name=f"generator-{number}")
    run = Run.objects.create(project=project)
    run.revisions.add(revision)
    Generation.objects.create(run=run, prompt=prompt, revision=revision)
    Spending.objects.create(project=project, month=date(2026, 1, 1))
    Batch.objects.create(revision=revision)
    MessageFlag.objects.create(message=prompt, kind="pii")
    PromptSignature.objects.create(prompt=prompt, project_id=project.pk, bands=[1])
    PromptTemplate.objects.create(project=project, name="t", text="{{ q }} ||| {{ a }}")
    webhook = Webhook.objects.create(project=project, url="http://127.0.0.1/", events=[])
    WebhookDelivery.objects.create(webhook=webhook, event="dataset.ready", payload={})


def _judge(project: Project, labeler: Any) -> None:
    set_policy(project=project, responses=2, modes=["rank", "overall"])
    set_guidelines(project=project, text="Be fair.")
    build_tasks(project=project)
    TaskJob.objects.create(project=project)
    task = claim(project=project, labeler=labeler)
    assert task
    submit(
        slot_uid=task.slot,
        labeler=labeler,
        answer=Answer(submit_key="k", tiers=[["1"], ["2"]], ratings={"1": {"overall": 5}}),
    )
    task = claim(project=project, labeler=labeler)
    assert task
    skip(slot_uid=task.slot, labeler=labeler, reason="other")


def _invite(project: Project, user: User) -> None:
    write_invitation(project=project, role="labeler", created_by=user, now=timezone.now())


def _train_and_care(project: Project, labeler: Labeler) -> None:
    judgment = Judgment.objects.filter(task__project=project).select_related("task").get()
    task, response = judgment.task, Message.objects.get(pk=judgment.order[0])
    Preferences.objects.create(labeler=labeler)
    Span.objects.create(judgment=judgment, response=response, start=0, end=1, label="error")
    Mask.objects.create(response=response, text="█", spans=[[0, 1]])
    Opinion.objects.create(judgment=judgment, scorer="s", margin=0.5, surprising=False)
    GoldItem.objects.create(project=project, task=task, use="gold", tiers=judgment.tiers)
    QualificationAttempt.objects.create(
        project=project,
        labeler=labeler,
        policy_version=project.policies.get(),
        number=1,
        items=1,
    )
    standing = LabelerStanding.objects.create(project=project, labeler=labeler, state="active")
    StandingChange.objects.create(standing=standing, after="active")
    GuidelineReading.objects.create(labeler=labeler, version=project.guidelines.get())
    Report.objects.create(labeler=labeler, project=project, category="other")
    Letter.objects.create(project=project, labeler=labeler, from_labeler=True, text="Hello.")
    ContentWarning.objects.create(message=response, category="other", source="staff")
    _measure(project, task)


def _measure(project: Project, task: Task) -> None:
    Adjudication.objects.create(project=project, task=task, disagreement=1.0)
    for kind in (LeaderboardSnapshot, AgreementSnapshot, LabelersSnapshot):
        kind.objects.create(project=project, stamp="1", comparisons=1, body={}, seconds=0.1)
    ProjectCounts.objects.create(project=project, kind=ProjectCounts.Kind.FUNNEL)
    judge = Judge.objects.create(
        project=project,
        name="judge",
        labeler=Labeler.objects.create(
            pseudonym=f"judge of project {project.pk}", kind=Labeler.Kind.MACHINE
        ),
        revision=recorded_revision(name="generator-judge"),
    )
    Verdict.objects.create(judge=judge, task=task, number=0, order=[])
