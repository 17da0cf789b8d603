"""What prompts come from, what answers them, and the conversations they make."""

from collector.models.generators import Generator, GeneratorRevision
from collector.models.hygiene import MessageFlag, PromptSignature
from collector.models.invitations import Invitation
from collector.models.messages import Message, Thread
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
    "ImportJob",
    "ImportedPreference",
    "Invitation",
    "Membership",
    "Message",
    "MessageFlag",
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
