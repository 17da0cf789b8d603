"""A researcher's first hour by REST alone: import, generate, label, export.

    python examples/first_hour.py --url http://127.0.0.1:8000 --token TOKEN --out dataset/ \\
        [--file prompts.csv] [--model-url http://127.0.0.1:8089/v1 --model NAME --model NAME]

Three labelers who find the longer answer better (or the shorter, with --rule shorter) stand in for
people. The folder it leaves loads with `datasets.load_dataset(folder, "preference")`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2

JSON = dict[str, Any]
SAMPLE = Path(__file__).parent.parent / "collector/sample_data/chatgpt_prompts_sample.csv"


class Concord:
    """The few calls that the first hour needs; any HTTP error ends it with the server's words."""

    def __init__(self, client: httpx2.Client, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Token {token}"}

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        reply = self.client.request(method, path, headers=self.headers, **request)
        if reply.status_code >= 400:
            sys.exit(f"{method} {path}: {reply.status_code} {reply.text}")
        return reply

    def call(self, method: str, path: str, **request: Any) -> Any:
        reply = self.send(method, path, **request)
        return reply.json() if reply.status_code != 204 else None

    def wait(self, path: str, pick: Callable[[JSON], JSON] = lambda body: body) -> JSON:
        """Poll a job until it has ended; any end but success ends the script."""
        while True:
            body = self.call("GET", path)
            job = pick(body)
            if job["status"] == "succeeded":
                return dict(body)
            if job["status"] in {"failed", "cancelled", "withdrawn"}:
                sys.exit(f"{path}: {job['status']}: {job.get('error')}")
            time.sleep(0.2)


def make_project(api: Concord, slug: str, responses: int) -> None:
    policy = {"responses": responses, "overlap": 3, "modes": ["rank"]}
    api.call(
        "POST", "projects/", json={"slug": slug, "name": slug, "languages": [], "policy": policy}
    )


def import_file(api: Concord, slug: str, path: Path) -> JSON:
    with path.open("rb") as content:
        job = api.call(
            "POST",
            f"projects/{slug}/imports/",
            files={"file": (path.name, content)},
            data={"preset": "chatgpt-prompts"},
        )
    return api.wait(f"imports/{job['id']}/")


def generate(api: Concord, slug: str, base_url: str, models: Sequence[str]) -> JSON:
    names = []
    for model in models:
        names.append(f"{slug}-{model}")
        settings = {"name": names[-1], "provider": "openai", "model": model, "base_url": base_url}
        api.call("POST", "generators/", json=settings | {"parameters": {"max_tokens": 200}})
    asked = {"generators": names, "samples": 1, "prompts": "all", "budget": None}
    job = api.call("POST", f"projects/{slug}/runs/", json=asked)
    return api.wait(f"runs/{job['id']}/")


def hire(api: Concord, slug: str, emails: Sequence[str]) -> list[Concord]:
    """Labelers of the project, each with a token of their own and consent given."""
    crowd = []
    for email in emails:
        member = {"email": email, "role": "labeler"}
        token = api.call("POST", f"projects/{slug}/members/", json=member)["token"]
        labeler = Concord(api.client, token)
        labeler.call("POST", "me/consents/", json={})
        crowd.append(labeler)
    return crowd


def label_everything(labeler: Concord, slug: str, *, longer_is_better: bool) -> int:
    """Rank task after task by length, ties where lengths are equal, until there is none."""
    done = 0
    while task := labeler.call("POST", f"projects/{slug}/claim/", json={"holding": []}):
        by_length: dict[int, list[str]] = {}
        for response in task["responses"]:
            by_length.setdefault(len(response["text"]), []).append(response["id"])
        tiers = [by_length[length] for length in sorted(by_length, reverse=longer_is_better)]
        answer = {"submit_key": f"first-hour-{task['slot']}", "tiers": tiers, "seconds": 20.0}
        labeler.call("POST", f"slots/{task['slot']}/submit/", json=answer)
        done += 1
    return done


def export(api: Concord, slug: str, out: Path, formats: Sequence[str], recipe: JSON) -> JSON:
    asked = {
        "project": slug,
        "name": slug,
        "formats": list(formats),
        "container": "jsonl",
        "recipe": recipe,
    }
    version = api.call("POST", "datasets/", json=asked)["version"]["id"]
    body = api.wait(f"dataset-versions/{version}/")
    out.mkdir(parents=True, exist_ok=True)
    for file in body["files"]:
        reply = api.send("GET", f"dataset-versions/{version}/files/{file['name']}")
        (out / file["name"]).write_bytes(reply.content)
    return body


def main(arguments: argparse.Namespace) -> None:
    with httpx2.Client(base_url=f"{arguments.url.rstrip('/')}/api/v1/", timeout=60) as client:
        first_hour(Concord(client, arguments.token), arguments)


def first_hour(api: Concord, arguments: argparse.Namespace) -> None:
    slug = arguments.project
    make_project(api, slug, arguments.responses)
    job = import_file(api, slug, arguments.file)
    print(f"imported: {job['created']} created, {job['duplicates']} duplicates")
    if arguments.model_url:
        generate(api, slug, arguments.model_url, arguments.model)
    built = api.call("POST", f"projects/{slug}/tasks/")
    print(f"tasks: {built['tasks']}, slots: {built['slots']}")
    emails = [f"{slug}-{number}@example.org" for number in range(1, 4)]
    for labeler in hire(api, slug, emails):
        done = label_everything(labeler, slug, longer_is_better=arguments.rule == "longer")
        print(f"labeled: {done}")
    recipe = {"test_share": arguments.test_share}
    body = export(api, slug, arguments.out, ["preference", "preference_text", "judgments"], recipe)
    for file in body["files"]:
        print(f"{file['name']}: {file['rows']} rows, {file['bytes']} bytes")


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--url", default="http://127.0.0.1:8000")
    options.add_argument("--token", required=True)
    options.add_argument("--project", default="first-hour")
    options.add_argument("--file", type=Path, default=SAMPLE)
    options.add_argument("--responses", type=int, default=4)
    options.add_argument("--rule", choices=["longer", "shorter"], default="longer")
    options.add_argument("--model-url", default="")
    options.add_argument("--model", action="append", default=[])
    options.add_argument("--test-share", type=float, default=0.2)
    options.add_argument("--out", type=Path, default=Path("dataset"))
    return options


if __name__ == "__main__":
    main(parser().parse_args())
