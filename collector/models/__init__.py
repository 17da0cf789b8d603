"""What prompts come from, what answers them, and the conversations they make."""

from collector.models.generators import Generator, GeneratorRevision
from collector.models.invitations import Invitation
from collector.models.messages import Message, Thread
from collector.models.projects import Membership, Project
from collector.models.runs import Generation, Run
from collector.models.sources import ImportedPreference, ImportJob, Source

__all__ = [
    "Generation",
    "Generator",
    "GeneratorRevision",
    "ImportJob",
    "ImportedPreference",
    "Invitation",
    "Membership",
    "Message",
    "Project",
    "Run",
    "Source",
    "Thread",
]
