"""All judgement modes, training before the first task, masks, and care for labelers."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_preferences"),
        ("collector", "0005_importjob_attempts"),
        ("labeling", "0005_comparison_copies_unchecked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("sexual", "sexual content"),
                            ("violence", "violence"),
                            ("hate", "hate speech"),
                            ("self_harm", "self-harm"),
                            ("other", "other upsetting content"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("import", "the imported file"),
                            ("judgment", "a labeler's flags or labels"),
                            ("staff", "a reviewer"),
                        ],
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="GoldItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=common.ids.new_uid, editable=False, unique=True)),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("practice", "practice"),
                            ("qualification", "qualification"),
                            ("gold", "gold"),
                        ],
                        max_length=13,
                    ),
                ),
                ("tiers", models.JSONField(blank=True, null=True)),
                ("explanation", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LabelerStanding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("training", "training"),
                            ("active", "active"),
                            ("failed", "did not qualify"),
                            ("paused", "paused"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=common.ids.new_uid, editable=False, unique=True)),
                ("from_labeler", models.BooleanField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("message", "message"), ("appeal", "appeal")],
                        default="message",
                        max_length=7,
                    ),
                ),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Mask",
            fields=[
                (
                    "response",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="mask",
                        serialize=False,
                        to="collector.message",
                    ),
                ),
                ("text", models.TextField()),
                ("spans", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="QualificationAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("items", models.PositiveSmallIntegerField()),
                ("score", models.FloatField(blank=True, null=True)),
                ("passed", models.BooleanField(blank=True, null=True)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=common.ids.new_uid, editable=False, unique=True)),
                ("page", models.CharField(blank=True, max_length=200)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("harmful", "harmful or upsetting content"),
                            ("personal", "personal data of somebody"),
                            ("copyright", "copied without permission"),
                            ("broken", "something does not work"),
                            ("unfair", "unfair treatment"),
                            ("other", "something else"),
                        ],
                        max_length=9,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("resolved", "resolved")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Span",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("label", models.CharField(max_length=64)),
                ("note", models.TextField(blank=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="policyversion",
            name="policy_modes_rank",
        ),
        migrations.AddField(
            model_name="judgment",
            name="edit",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="written_in",
                to="collector.message",
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="practice_items",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="qualification_attempts",
            field=models.PositiveSmallIntegerField(default=2),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="qualification_items",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="qualification_share",
            field=models.FloatField(default=0.75),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="span_labels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="responserating",
            name="labels",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="task",
            name="language",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
        migrations.AddField(
            model_name="task",
            name="topics",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="modes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("rank", "rank the responses, ties allowed"),
                        ("best", "choose the best of the responses"),
                        ("pair", "choose between two: left, right, tie or both bad"),
                        ("pair_7", "compare two on seven points, or neither is valid"),
                        ("strength", "strength of the preference between the best two"),
                        ("confidence", "confidence in the choice between two, 1 to 9"),
                        ("safety", "which of the two is safe, before the preference"),
                        ("overall", "overall rating of each response, 1 to 7"),
                        ("attributes", "five attributes of each response, 0 to 4"),
                        ("flags", "flags of each response, yes or no"),
                        ("labels", "message labels of each response, as Open-Assistant asks them"),
                        ("spans", "marked stretches of the responses, with a label and a note"),
                        ("edit", "a better version of the best response"),
                        ("rationale", "a reason in free text"),
                    ],
                    max_length=16,
                ),
                size=None,
            ),
        ),
        # No policy could ask for flags until now: every array is empty.
        migrations.RemoveField("responserating", "flags"),
        migrations.AddField(
            model_name="responserating",
            name="flags",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("modes__contains", ["rank"]),
                        models.Q(("modes__overlap", ["best", "pair", "pair_7"]), _negated=True),
                    ),
                    models.Q(
                        ("modes__contains", ["best"]),
                        models.Q(("modes__overlap", ["rank", "pair", "pair_7"]), _negated=True),
                    ),
                    models.Q(
                        ("modes__contains", ["pair"]),
                        models.Q(("modes__overlap", ["rank", "best", "pair_7"]), _negated=True),
                    ),
                    models.Q(
                        ("modes__contains", ["pair_7"]),
                        models.Q(("modes__overlap", ["rank", "best", "pair"]), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="policy_one_ordering",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("responses", 2),
                    models.Q(
                        ("modes__overlap", ["pair", "pair_7", "confidence", "safety"]),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="policy_modes_of_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("qualification_share__gte", 0), ("qualification_share__lte", 1)
                ),
                name="policy_qualification_share_0_to_1",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("qualification_items", 0), ("qualification_attempts__gte", 1), _connector="OR"
                ),
                name="policy_qualification_can_be_tried",
            ),
        ),
        migrations.AddField(
            model_name="contentwarning",
            name="message",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="warnings",
                to="collector.message",
            ),
        ),
        migrations.AddField(
            model_name="golditem",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="gold_items",
                to="collector.project",
            ),
        ),
        migrations.AddField(
            model_name="golditem",
            name="task",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="gold_item",
                to="labeling.task",
            ),
        ),
        migrations.AddField(
            model_name="labelerstanding",
            name="labeler",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="standings",
                to="accounts.labeler",
            ),
        ),
        migrations.AddField(
            model_name="labelerstanding",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="standings",
                to="collector.project",
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="labeler",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="letters",
                to="accounts.labeler",
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="letters",
                to="collector.project",
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="writer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="qualificationattempt",
            name="labeler",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="qualification_attempts",
                to="accounts.labeler",
            ),
        ),
        migrations.AddField(
            model_name="qualificationattempt",
            name="policy_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.policyversion",
            ),
        ),
        migrations.AddField(
            model_name="qualificationattempt",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="qualification_attempts",
                to="collector.project",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="labeler",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reports",
                to="accounts.labeler",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="project",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reports",
                to="collector.project",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="response",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reports",
                to="collector.message",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="task",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reports",
                to="labeling.task",
            ),
        ),
        migrations.AddField(
            model_name="span",
            name="judgment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="spans",
                to="labeling.judgment",
            ),
        ),
        migrations.AddField(
            model_name="span",
            name="response",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="spans",
                to="collector.message",
            ),
        ),
        migrations.AddConstraint(
            model_name="contentwarning",
            constraint=models.UniqueConstraint(fields=("message", "category"), name="warning_once"),
        ),
        migrations.AddConstraint(
            model_name="contentwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("category__in", ["sexual", "violence", "hate", "self_harm", "other"])
                ),
                name="warning_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="golditem",
            constraint=models.CheckConstraint(
                condition=models.Q(("use__in", ["practice", "qualification", "gold"])),
                name="gold_use_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="labelerstanding",
            constraint=models.UniqueConstraint(fields=("labeler", "project"), name="standing_once"),
        ),
        migrations.AddConstraint(
            model_name="labelerstanding",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["training", "active", "failed", "paused"])),
                name="standing_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["message", "appeal"])), name="letter_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("from_labeler", False), ("writer__isnull", True), _connector="OR"
                ),
                name="letter_labeler_stays_a_pseudonym",
            ),
        ),
        migrations.AddConstraint(
            model_name="qualificationattempt",
            constraint=models.UniqueConstraint(
                fields=("labeler", "project", "number"), name="attempt_numbered"
            ),
        ),
        migrations.AddConstraint(
            model_name="qualificationattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("score__isnull", True),
                    models.Q(("score__gte", 0), ("score__lte", 1)),
                    _connector="OR",
                ),
                name="attempt_score_0_to_1",
            ),
        ),
        migrations.AddConstraint(
            model_name="qualificationattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("passed__isnull", True)),
                    models.Q(
                        ("finished_at__isnull", False),
                        ("passed__isnull", False),
                        ("score__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="attempt_finished_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "category__in",
                        ["harmful", "personal", "copyright", "broken", "unfair", "other"],
                    )
                ),
                name="report_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resolved_at__isnull", True), ("state", "open")),
                    models.Q(("resolved_at__isnull", False), ("state", "resolved")),
                    _connector="OR",
                ),
                name="report_resolved_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="span",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__gt", models.F("start"))), name="span_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="span",
            constraint=models.CheckConstraint(
                condition=models.Q(("label", ""), _negated=True), name="span_has_label"
            ),
        ),
    ]
