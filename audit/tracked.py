"""What is kept in the audit, column by column. The triggers of the migrations do the keeping.

A test holds this against the database: each column of a table is either kept or left out by its
name, and each trigger has the columns that are said here.
"""

from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

ALWAYS_LEFT_OUT = frozenset({"id", "uid", "created_at", "created_by_id"})
"""Said by the event itself: what it is of, when, and by whom."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A table: `columns` are kept with their values, of `hidden` only that they changed.

    `on` are the operations that are kept, by their first letters.
    """

    kind: str
    table: str
    model: str
    words: Promise
    columns: tuple[str, ...]
    left_out: frozenset[str]
    hidden: tuple[str, ...] = ()
    on: str = "iud"


def _of(
    kind: str, model: str, words: Promise, columns: str, left_out: str = "", **more: object
) -> Tracked:
    table = "_".join(model.lower().split("."))
    kept = tuple(columns.split())
    return Tracked(kind, table, model, words, kept, frozenset(left_out.split()), **more)  # type: ignore[arg-type]


_JOB = "attempts lease_token lease_until finished_at error"
TRACKED = (
    _of(
        "user",
        "accounts.User",
        _("account"),
        "email name is_active is_staff is_superuser",
        "last_login date_joined invited_by_id",
        hidden=("password",),
    ),
    _of("token", "knox.AuthToken", _("API token"), "expiry", "digest token_key user_id created"),
    _of(
        "token_scope",
        "accounts.PersonalToken",
        _("name of an API token"),
        "name scope",
        "token_id used_at",
    ),
    _of(
        "second_factor",
        "mfa.Authenticator",
        _("second factor"),
        "type",
        "user_id data last_used_at",
        on="id",
    ),
    _of(
        "project",
        "collector.Project",
        _("project"),
        "slug name description licence languages budget monthly_budget archived_at",
    ),
    _of("member", "collector.Membership", _("membership"), "role", "project_id user_id"),
    _of(
        "invitation",
        "collector.Invitation",
        _("invitation"),
        "role email expires_at uses_left revoked_at",
        "project_id token_hash",
    ),
    _of(
        "generator",
        "collector.Generator",
        _("generator"),
        "name enabled paused_at pause_reason",
        "failures paused_until",
    ),
    _of(
        "revision",
        "collector.GeneratorRevision",
        _("revision of a generator"),
        "provider model base_url key_alias system_prompt parameters prices limits api batch adapter"
        " context_window",
        "generator_id number",
    ),
    _of(
        "run",
        "collector.Run",
        _("run"),
        "status prompts samples budget",
        "project_id spent reserved estimate error started_at paused_at finished_at",
    ),
    _of(
        "import",
        "collector.ImportJob",
        _("import"),
        "status filename preset",
        f"{_JOB} source_id mapping options findings path sha256 bytes_total bytes_read read created"
        " duplicates rejected errors reasons",
    ),
    _of(
        "import_undo",
        "collector.ImportUndo",
        _("undoing of an import"),
        "status",
        f"{_JOB} import_job_id ranges messages preferences",
    ),
    _of(
        "template",
        "collector.PromptTemplate",
        _("prompt template"),
        "name number text shots draw seed",
        "project_id",
    ),
    _of(
        "flag",
        "collector.MessageFlag",
        _("flag of a message"),
        "dismissed_at",
        "message_id kind detail dismissed_by_id",
        on="u",
    ),
    _of(
        "webhook",
        "collector.Webhook",
        _("webhook"),
        "events enabled disabled_reason",
        "project_id",
        hidden=("url", "secret_number"),
    ),
    _of(
        "policy",
        "labeling.PolicyVersion",
        _("policy"),
        "number modes responses overlap lease_minutes edit_window_minutes span_labels"
        " excluded_flags practice_items qualification_items qualification_share"
        " qualification_attempts escalation stop_confidence gold_share gold_evaluated_from"
        " gold_minimum repeat_share daily_judgments most_judgments selection selection_tasks"
        " show_opinions",
        "project_id",
    ),
    _of("guidelines", "labeling.GuidelineVersion", _("guidelines"), "number text", "project_id"),
    _of(
        "gold",
        "labeling.GoldItem",
        _("item with a known answer"),
        "use tiers explanation retired_at",
        "project_id task_id",
    ),
    _of(
        "standing",
        "labeling.LabelerStanding",
        _("standing of a labeler"),
        "state",
        "project_id labeler_id reason changed_at",
    ),
    _of(
        "adjudication",
        "labeling.Adjudication",
        _("adjudication"),
        "state kind put_back",
        "project_id task_id disagreement note judgment_id guideline_version_id opened_at"
        " resolved_at resolved_by_id",
        on="u",
    ),
    _of(
        "judge",
        "labeling.Judge",
        _("machine judge"),
        "name instructions both_orders enabled budget paused_reason",
        "project_id labeler_id revision_id spent",
    ),
    _of(
        "task_job",
        "labeling.TaskJob",
        _("building or withdrawing of tasks"),
        "kind status",
        f"{_JOB} project_id low high tasks slots kept progress",
    ),
    _of("dataset", "exports.Dataset", _("dataset"), "name recipe", "project_id"),
    _of(
        "version",
        "exports.DatasetVersion",
        _("version of a dataset"),
        "status number formats container recipe deleted_at",
        f"{_JOB} dataset_id parent_id cut_off about exclusions key_ranges library_versions"
        " manifest progress lineage deleted_by_id",
    ),
    _of(
        "push",
        "exports.HubPush",
        _("upload to the hub"),
        "status repository private",
        f"{_JOB} version_id commit_url",
    ),
)
TABLES = tuple(each.table for each in TRACKED)
BY_KIND = {each.kind: each for each in TRACKED}
KINDS = [(each.kind, each.words) for each in TRACKED]


def model_of(kind: str) -> type[Model]:
    """The model whose rows events of that kind are about."""
    return apps.get_model(BY_KIND[kind].model)


def column_words(kind: str, column: str) -> str:
    """What the pages call a column."""
    if kind in BY_KIND:
        try:
            field = model_of(kind)._meta.get_field(column)
        except FieldDoesNotExist:
            return column.replace("_", " ")
        return str(capfirst(str(getattr(field, "verbose_name", column))))
    return column.replace("_", " ")
