"""Bodies that work, by operation: the document shows them, and a test sends each.

Ids and names in them are of things that the test makes.
"""

from typing import Any

RESPONSES = [
    "0190a5b2-7c1e-7d3a-9f00-0000000000a1",
    "0190a5b2-7c1e-7d3a-9f00-0000000000a2",
]
TASK = "0190a5b2-7c1e-7d3a-9f00-0000000000b1"
LABELER = "labeler-5e0c1b7a42"
GENERATOR = "llama-3.1-8b"

_POLICY = {"responses": 4, "overlap": 3, "modes": ["rank", "rationale"]}
_TEMPLATE = {"text": "Write a haiku about {{ topic }}.", "shots": 0}
_RUN = {"generators": [GENERATOR], "samples": 2, "prompts": {"language": "en", "limit": 100}}
# Operations that have no entry take no JSON, or nothing that has to be explained.
EXAMPLES: dict[str, dict[str, Any]] = {
    # projects
    "create_project": {
        "slug": "haiku",
        "name": "Haiku",
        "description": "Which haiku people like better.",
        "licence": "CC-BY-4.0",
        "languages": ["en", "ja"],
        "policy": _POLICY,
    },
    "change_project": {"name": "Poems and haiku", "policy": {"overlap": 3}},
    "create_policy": {"overlap": 3, "escalation": [5, 7], "gold_share": 0.05},
    "create_guidelines": {"text": "# What to look for\n\nPrefer the poem that moves you."},
    "change_budgets": {"budget": "250", "monthly_budget": "50"},
    # people
    "add_member": {"email": "ana@example.org", "role": "labeler"},
    "write_invitation": {"role": "labeler", "email": "bo@example.org", "days": 14},
    "change_member": {"role": "reviewer"},
    "set_standing": {"labeler": LABELER, "state": "warned", "reason": "Please read to the end."},
    "answer_letter": {"labeler": LABELER, "text": "Thank you: the item was wrong. It is retired."},
    "read_letters": {"labeler": LABELER},
    "resolve_report": {"answer": "The response is deleted. Thank you."},
    # prompts
    "write_prompt": {"text": "Write a haiku about rain.", "language": "en"},
    "write_response": {"text": "An old silent pond…", "language": "en"},
    "flag_message": {"kind": "pii", "note": "A street address."},
    "save_template": {"name": "haiku", **_TEMPLATE},
    "preview_template": {**_TEMPLATE, "rows": [{"topic": "rain"}, {"topic": "snow"}]},
    # models
    "create_generator": {
        "name": GENERATOR,
        "provider": "openai",
        "model": "meta-llama/Llama-3.1-8B-Instruct",
        "base_url": "https://models.example.org/v1",
        "parameters": {"temperature": 0.7, "max_tokens": 512},
        "prices": {"input": "0.05", "output": "0.08"},
        "limits": {"requests_per_minute": 600},
    },
    "change_generator": {"parameters": {"temperature": 1.0, "max_tokens": 256}},
    "pause_generator": {"reason": "The server moves tonight."},
    "estimate_run": _RUN,
    "start_run": {**_RUN, "budget": "5"},
    "create_judge": {
        "name": "mind",
        "generator": GENERATOR,
        "instructions": "Prefer the poem with the clearer image.",
        "budget": "10",
    },
    "change_judge": {"enabled": False},
    "have_judged": {"limit": 100},
    # work
    "build_tasks": {"background": False},
    "claim": {"holding": []},
    "submit": {
        "submit_key": "7e2f2a52-2f7d-4a5e-8a36-4a4b0c6a9d10",
        "tiers": [["2"], ["1"]],
        "rationale": "The second has an image, the first explains one.",
        "seconds": 21.5,
    },
    "skip": {"reason": "other", "note": "I wrote one of them."},
    "create_gold_item": {
        "use": "gold",
        "tiers": [[RESPONSES[1]], [RESPONSES[0]]],
        "explanation": "The first is no haiku: it has four lines.",
    },
    "open_adjudication": {"task": TASK},
    "resolve_adjudication": {"kind": "slip", "tiers": [["1"], ["2"]], "note": "It rhymes."},
    # datasets
    "build_dataset": {
        "project": "poems",
        "name": "poems",
        "formats": ["preference"],
        "container": "jsonl",
        "recipe": {"test_share": 0.1},
    },
    "preview_dataset": {"format": "preference", "recipe": {"test_share": 0.1}},
    "push_dataset_version": {"repository": "team/poems", "private": True},
    "create_webhook": {
        "url": "https://hooks.example.org/concord",
        "events": ["dataset_version.ready"],
    },
    "change_webhook": {"enabled": False},
    # oneself
    "consent": {},
    "write_letter": {"project": "poems", "kind": "appeal", "text": "Item 12 has no right answer."},
    "report": {"project": "poems", "category": "personal", "text": "It names a private person."},
    "make_token": {"name": "nightly export", "scope": "read", "days": 90},
    "set_notifications": {"project": "poems", "off": ["run.finished"]},
}


def describe_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Show each body with its operation in the OpenAPI document."""
    for path in result["paths"].values():
        for operation in path.values():
            value = EXAMPLES.get(operation["operationId"])
            content = operation.get("requestBody", {}).get("content", {})
            if value is not None and "application/json" in content:
                content["application/json"]["examples"] = {"example": {"value": value}}
    return result
