"""What runs in which queue, and what beat starts how often."""

from typing import Any

TASK_ROUTES = {
    "collector.tasks.generate_local": {"queue": "local_models"},
    "collector.tasks.generate": {"queue": "generation"},
    "collector.tasks.poll_batches": {"queue": "generation"},
    "labeling.tasks.ask_local_judge": {"queue": "local_models"},
    "labeling.tasks.ask_judge": {"queue": "generation"},
    "exports.tasks.*": {"queue": "exports"},
    "labeling.tasks.take_snapshots": {"queue": "statistics"},
    "labeling.tasks.take_snapshots_of": {"queue": "statistics"},
    "labeling.tasks.take_figures": {"queue": "statistics"},
    "labeling.tasks.count_for_readers": {"queue": "statistics"},
    "labeling.tasks.top_up_tasks": {"queue": "statistics"},
}
# State is in PostgreSQL: these find what the broker forgot or a dead worker left.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "requeue-imports": {"task": "collector.tasks.requeue_imports", "schedule": 30.0},
    "discard-old-drafts": {"task": "collector.tasks.discard_old_drafts", "schedule": 3600.0},
    "follow-exclusions": {"task": "labeling.tasks.follow_exclusions", "schedule": 300.0},
    "check-gold": {"task": "labeling.tasks.check_gold_everywhere", "schedule": 300.0},
    "pull-preferences": {"task": "labeling.tasks.pull_preferences", "schedule": 15.0},
    "top-up-tasks": {
        "task": "labeling.tasks.top_up_tasks",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "requeue-task-jobs": {"task": "labeling.tasks.requeue_task_jobs", "schedule": 30.0},
    "open-adjudications": {"task": "labeling.tasks.open_adjudications", "schedule": 60.0},
    "notice-disagreement": {"task": "labeling.tasks.notice_disagreement", "schedule": 300.0},
    "deliver-due-webhooks": {"task": "collector.tasks.deliver_due_webhooks", "schedule": 15.0},
    "notice": {"task": "collector.tasks.notice", "schedule": 30.0, "options": {"expires": 30}},
    "send-notifications": {
        "task": "collector.tasks.send_notifications",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "requeue-generations": {"task": "collector.tasks.requeue_generations", "schedule": 15.0},
    # One that waited for its turn longer than that is as good as the next.
    "take-snapshots": {
        "task": "labeling.tasks.take_snapshots",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "count-what-is-due": {"task": "labeling.tasks.count_what_is_due", "schedule": 60.0},
    "requeue-judges": {"task": "labeling.tasks.requeue_judges", "schedule": 15.0},
    "poll-batches": {"task": "collector.tasks.poll_batches", "schedule": 15.0},
    "requeue-versions": {"task": "exports.tasks.requeue_versions", "schedule": 30.0},
    "requeue-pushes": {"task": "exports.tasks.requeue_pushes", "schedule": 30.0},
    "forget-answers": {"task": "api.chores.forget_old_answers", "schedule": 3600.0},
    "withdraw-erased": {"task": "exports.tasks.withdraw_erased", "schedule": 60.0},
}
