"""Small rows for tests, through the models; what a test is about goes through the services."""

from itertools import count
from typing import Any

from accounts.models import Labeler, User
from collector.models import GeneratorRevision, Membership, Message, Project
from collector.services.generators import recorded_revision
from collector.text import content_hash, thread_hash

_numbers = count(1)


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.org", **fields)


def make_labeler(**fields: Any) -> Labeler:
    """A labeler with a user of their own (kind=person) unless `user=None` is given."""
    return Labeler.objects.create(**({"user": make_user()} | fields))


def make_project(slug: str = "", **fields: Any) -> Project:
    slug = slug or f"project-{next(_numbers)}"
    return Project.objects.create(**({"slug": slug, "name": slug} | fields))


def make_member(project: Project, role: str, user: User | None = None) -> User:
    user = user or make_user()
    Membership.objects.create(project=project, user=user, role=role)
    return user


def make_prompt(project: Project, text: str = "", **fields: Any) -> Message:
    """A root user message."""
    text = text or f"Prompt number {next(_numbers)}?"
    return Message.objects.create(
        project=project,
        role=Message.Role.USER,
        text=text,
        content_hash=content_hash(text),
        thread_hash=thread_hash([("user", text)]),
        **({"origin": Message.Origin.IMPORTED} | fields),
    )


def make_response(
    prompt: Message,
    text: str = "",
    revision: GeneratorRevision | str | None = "model-a",
    **fields: Any,
) -> Message:
    """An imported response of a recorded generator (by name) or of a revision."""
    text = text or f"Response number {next(_numbers)}."
    if isinstance(revision, str):
        revision = recorded_revision(name=revision)
    return Message.objects.create(
        project=prompt.project,
        parent=prompt,
        root=prompt.root or prompt,
        depth=prompt.depth + 1,
        role=Message.Role.ASSISTANT,
        text=text,
        content_hash=content_hash(text),
        revision=revision,
        **({"origin": Message.Origin.IMPORTED} | fields),
    )


def make_answered_prompts(project: Project, prompts: int, responses: int = 4) -> list[Message]:
    """Prompts with `responses` responses each, of generators model-a, model-b, …"""
    made = [make_prompt(project) for _ in range(prompts)]
    for prompt in made:
        for index in range(responses):
            make_response(prompt, revision=f"model-{chr(ord('a') + index)}")
    return made
