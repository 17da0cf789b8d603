"""The demo's real model: two ways of asking the small one that `config.local_llm` serves."""

from django.db import transaction

from collector.generation.leasing import ACTIVE_RUNS
from collector.models import Generator, Project, Run
from collector.services.generators import create_generator
from collector.services.prompt_filters import PromptFilter
from collector.services.runs import start_run

MODEL = "smollm2-135m"
STEADY, CREATIVE = "smollm2-135m", "smollm2-135m-creative"
CREATIVE_PROMPT = (
    "You are an imaginative assistant. Answer vividly, in your own words, and briefly."
)
MAX_TOKENS = 200
# What the server works at once; one worker more than that would only wait.
LIMITS = {"concurrency": 4, "timeout_seconds": 300, "attempts": 12}
FREE = {"input": 0, "output": 0}


@transaction.atomic
def add_local_llm_generators(*, project: Project, base_url: str) -> Run | None:
    """Two generators on a loopback server, and a run that asks both for every prompt they lack.

    `smollm2-135m` answers at temperature 0.2; `smollm2-135m-creative` at 0.9 with a system prompt.
    The server need not be up yet: requests are tried again until it is. Called again it makes
    nothing twice; None if nothing is missing or a run is under way.
    """
    generators = [
        create_generator(
            name=STEADY,
            provider=Generator.Provider.OPENAI,
            model=MODEL,
            base_url=base_url,
            parameters={"temperature": 0.2, "max_tokens": MAX_TOKENS},
            prices=FREE,
            limits=LIMITS,
        ),
        create_generator(
            name=CREATIVE,
            provider=Generator.Provider.OPENAI,
            model=MODEL,
            base_url=base_url,
            system_prompt=CREATIVE_PROMPT,
            parameters={"temperature": 0.9, "max_tokens": MAX_TOKENS},
            prices=FREE,
            limits=LIMITS,
        ),
    ]
    underway = Run.objects.filter(
        project=project, status__in=ACTIVE_RUNS, revisions__generator__in=generators
    )
    lacking = PromptFilter(project=project, missing=True)
    newest = [generator.revisions.latest("number") for generator in generators]
    if underway.exists() or not any(lacking.prompts(revision).exists() for revision in newest):
        return None
    return start_run(project=project, generators=[STEADY, CREATIVE], prompts={"missing": True})
