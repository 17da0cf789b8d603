"""What prompts come from, what answers them, and the conversations they make."""

from collector.models.generators import Generator, GeneratorRevision
from collector.models.hygiene import MessageFlag, PromptSignature
from collector.models.imports import ImportDraft, ImportedRange, ImportUndo
from collector.models.invitations import Invitation
from collector.models.messages import Message, Thread
from collector.models.notifications import (
    Notice,
    Notification,
    NotificationMail,
    NotificationSwitches,
)
from collector.models.projects import Membership, Project
from collector.models.runs import Batch, Generation, Run, Spending
from collector.models.sources import ImportedPreference, ImportJob, Source
from collector.models.templates import PromptTemplate
from collector.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Batch",
    "Generation",
    "Generator",
    "GeneratorRevision",
    "ImportDraft",
    "ImportJob",
    "ImportUndo",
    "ImportedPreference",
    "ImportedRange",
    "Invitation",
    "Membership",
    "Message",
    "MessageFlag",
    "Notice",
    "Notification",
    "NotificationMail",
    "NotificationSwitches",
    "Project",
    "PromptSignature",
    "PromptTemplate",
    "Run",
    "Source",
    "Spending",
    "Thread",
    "Webhook",
    "WebhookDelivery",
]
