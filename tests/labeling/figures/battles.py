"""Files of battles that a synthetic crowd has judged."""

import csv
import io
import random
from collections.abc import Mapping, Sequence

from collector.models import Project
from collector.services.imports import run_import, start_import
from labeling.crowds import Person
from labeling.tastes import Seen, tiers_of

HEADER = (
    *("model_a", "model_b", "winner", "judge", "tstamp"),
    *("prompt", "response_a", "response_b"),
)


def battles(
    crowd: Sequence[Person], strengths: Mapping[str, float], *, votes_each: int, prompts: int
) -> str:
    """CSV of the preset `arena`. Of each model there is one response to each prompt, and its length
    says nothing of how good it is.
    """
    rng = random.Random(1)
    models = sorted(strengths)
    length = {(model, n): rng.randint(3, 60) for model in models for n in range(prompts)}
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(HEADER)
    for time in range(votes_each):
        for person in crowd:
            prompt, pair = rng.randrange(prompts), rng.sample(models, 2)
            seen = [
                Seen(str(place), f"{model} {prompt}:" + " word" * length[model, prompt], model)
                for place, model in enumerate(pair, 1)
            ]
            tiers = tiers_of(seen, person.taste(seen, person.rng))
            winner = "tie" if len(tiers) == 1 else f"model_{'ab'[int(tiers[0][0]) - 1]}"
            texts = (f"Prompt {prompt}?", *(each.text for each in seen))
            rows.writerow((*pair, winner, person.name, time, *texts))
    return written.getvalue()


def import_battles(project: Project, content: str) -> None:
    job = start_import(
        project=project,
        preset="arena",
        filename="battles.csv",
        content=io.BytesIO(content.encode()),
        enqueued=False,
    )
    run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.rejected, job.duplicates) == ("succeeded", 0, 0)
