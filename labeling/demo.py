"""The demo project: bundled prompts with recorded responses, tasks, and people to sign in as.

Making it again changes nothing that is there: accounts keep their passwords and tokens, which
DATA_DIR/demo.json remembers, and what people have judged stays.
"""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings
from knox.crypto import hash_token
from knox.models import AuthToken

from accounts.models import User
from accounts.services import accept_consent, create_token, create_user, labeler_of
from collector.models import ImportJob, Membership, Project
from collector.services.imports import run_import, start_import
from collector.services.projects import add_member, create_project
from common.errors import Conflict
from common.private_files import write_private
from labeling.demo_training import make_practice
from labeling.services.building import build_tasks
from labeling.services.policies import set_guidelines, set_policy

SLUG = "demo"
SAMPLE = Path(settings.BASE_DIR) / "collector/sample_data/chatgpt_prompts_sample.csv"
SAMPLE_COLUMNS = {"prompt": "human_prompt", "response": "chatgpt_response", "model": "generator"}
GUIDELINES = Path(__file__).with_name("demo_guidelines.md")
RESPONSES_A_TASK = 4
JUDGMENTS_A_TASK = 2

# People by name in demo.json, and their role in the project; admin is a superuser.
ROLES: dict[str, Membership.Role | None] = {
    "admin": None,
    "researcher": Membership.Role.RESEARCHER,
    "reviewer": Membership.Role.REVIEWER,
    "trainer": Membership.Role.TRAINER,
    "labeler": Membership.Role.LABELER,
    "labeler2": Membership.Role.LABELER,
    "labeler3": Membership.Role.LABELER,
}


class SignIn(TypedDict):
    """How one person of the demo signs in."""

    email: str
    password: str
    token: str


class DemoFile(TypedDict):
    """What DATA_DIR/demo.json holds."""

    url: str
    project: str
    users: dict[str, SignIn]


def create_demo() -> DemoFile:
    """Make whatever of the demo is missing, write DATA_DIR/demo.json and return what it holds."""
    path = demo_file()
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    users = {name: _sign_in(name, known.get("users", {}).get(name, {})) for name in ROLES}
    project = _project()
    for name, role in ROLES.items():
        if role is not None:
            add_member(project=project, email=users[name]["email"], role=role)
    _import_sample(project)
    build_tasks(project=project)
    make_practice(project=project)
    demo = DemoFile(url=settings.SITE_URL, project=project.slug, users=users)
    write_private(path, json.dumps(demo, indent=2) + "\n")
    return demo


def demo_file() -> Path:
    """Where the demo's sign-ins are kept."""
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "demo.json"


def _sign_in(name: str, known: dict[str, str]) -> SignIn:
    """The account of one of the demo's people; what `known` remembers of it stays valid."""
    email = f"{name}@example.org"
    password = known.get("password") or secrets.token_urlsafe(9)
    user = User.objects.filter(email=email).first()
    if user is None:
        user = create_user(
            email=email, password=password, name=name.capitalize(), is_superuser=name == "admin"
        )
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    accept_consent(labeler=labeler_of(user=user))
    token = known.get("token", "")
    if not AuthToken.objects.filter(user=user, digest=hash_token(token)).exists():
        token = create_token(user=user)
    return SignIn(email=email, password=password, token=token)


def _project() -> Project:
    project = Project.objects.filter(slug=SLUG).first()
    if project is not None:
        return project
    project = create_project(
        slug=SLUG,
        name="Demo",
        description="Prompts of many kinds, each answered by four recorded models.",
        licence="CC0-1.0",
        languages=["en"],
    )
    set_policy(project=project, responses=RESPONSES_A_TASK, overlap=JUDGMENTS_A_TASK)
    set_guidelines(project=project, text=GUIDELINES.read_text())
    return project


def _import_sample(project: Project) -> None:
    """Import the bundled file unless this very file has been imported."""
    digest = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    done = ImportJob.objects.filter(
        source__project=project, sha256=digest, status=ImportJob.Status.SUCCEEDED
    )
    if done.exists():
        return
    with SAMPLE.open("rb") as content:
        job = start_import(
            project=project,
            preset="table",
            filename=SAMPLE.name,
            content=content,
            mapping=SAMPLE_COLUMNS,
            enqueued=False,
        )
    run_import(job_id=job.pk)
    job.refresh_from_db()
    if job.status != ImportJob.Status.SUCCEEDED:
        raise Conflict(f"The bundled sample was not imported: {job.error}")
