"""The REST API, version 1."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from api import (
    adjudications,
    budgets,
    comparisons,
    datasets,
    docs,
    figures,
    flags,
    generators,
    imports,
    invitations,
    judges,
    me,
    projects,
    prompts,
    pushes,
    recipes,
    runs,
    standings,
    tasks,
    templates_of_prompts,
    training,
    views,
    webhooks,
)

_of_project: list[URLPattern | URLResolver] = [
    path("", projects.ProjectDetail.as_view(), name="project"),
    path("members/", projects.Members.as_view(), name="members"),
    path("invitations/", invitations.Invitations.as_view(), name="invitations"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("templates/", templates_of_prompts.Templates.as_view(), name="templates"),
    path(
        "templates/preview/",
        templates_of_prompts.TemplatePreview.as_view(),
        name="preview-template",
    ),
    path("flags/", flags.Flags.as_view(), name="flags"),
    path("prompts/", prompts.Prompts.as_view(), name="prompts"),
    path("budgets/", budgets.Budgets.as_view(), name="budgets"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/estimate/", runs.EstimateRun.as_view(), name="estimate-run"),
    path("judges/", judges.Judges.as_view(), name="judges"),
    path("judges/agreement/", judges.JudgesAgreement.as_view(), name="judges-agreement"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("tasks/", tasks.Tasks.as_view(), name="tasks"),
    path("claim/", tasks.Claim.as_view(), name="claim"),
    path("gold-items/", training.GoldItems.as_view(), name="gold-items"),
    path("training/", training.Training.as_view(), name="training"),
    path("training/practice/", training.Practice.as_view(), name="practice"),
    path("training/test/", training.Test.as_view(), name="test"),
    path("standings/", standings.Standings.as_view(), name="standings"),
    path("standings/<slug:labeler>/", standings.StandingDetail.as_view(), name="standing"),
    path("comparisons/", comparisons.Comparisons.as_view(), name="comparisons"),
    path("leaderboard/", figures.Leaderboard.as_view(), name="leaderboard"),
    path("leaderboard/history/", figures.LeaderboardHistory.as_view(), name="leaderboard-history"),
    path("agreement/", figures.Agreement.as_view(), name="agreement"),
    path("agreement/history/", figures.AgreementHistory.as_view(), name="agreement-history"),
    path("labelers/", figures.Labelers.as_view(), name="labelers"),
    path("adjudications/", adjudications.Adjudications.as_view(), name="adjudications"),
    path("progress/", comparisons.Progress.as_view(), name="progress"),
    path("datasets/", datasets.ProjectDatasets.as_view(), name="project-datasets"),
    path("datasets/preview/", recipes.PreviewDataset.as_view(), name="preview-dataset"),
    path("export.jsonl", datasets.Export.as_view(), name="export"),
]
_of_slot: list[URLPattern | URLResolver] = [
    path("submit/", tasks.SubmitSlot.as_view(), name="submit"),
    path("skip/", tasks.SkipSlot.as_view(), name="skip"),
    path("renew/", tasks.RenewSlot.as_view(), name="renew"),
]
_of_judge: list[URLPattern | URLResolver] = [
    path("", judges.JudgeDetail.as_view(), name="judge"),
    path("runs/", judges.Judging.as_view(), name="judging"),
    path("runs/cancel/", judges.CancelJudging.as_view(), name="cancel-judging"),
]
_of_webhook: list[URLPattern | URLResolver] = [
    path("", webhooks.WebhookDetail.as_view(), name="webhook"),
    path("secret/", webhooks.RotateSecret.as_view(), name="webhook-secret"),
    path("test/", webhooks.SendTest.as_view(), name="webhook-test"),
    path("deliveries/", webhooks.Deliveries.as_view(), name="webhook-deliveries"),
]
_of_version: list[URLPattern | URLResolver] = [
    path("", datasets.VersionDetail.as_view(), name="dataset-version"),
    path("cancel/", datasets.CancelVersion.as_view(), name="cancel-dataset-version"),
    path("difference/", datasets.Difference.as_view(), name="dataset-difference"),
    path("pushes/", pushes.Pushes.as_view(), name="pushes"),
    path("files/<str:name>", datasets.VersionFile.as_view(), name="file"),
]

_of_message: list[URLPattern | URLResolver] = [
    path("", prompts.MessageDetail.as_view(), name="message"),
    path("flags/", flags.MessageFlags.as_view(), name="flag-message"),
    path("flags/<slug:kind>/dismiss/", flags.DismissFlag.as_view(), name="dismiss-flag"),
    path("flags/<slug:kind>/restore/", flags.RestoreFlag.as_view(), name="restore-flag"),
]

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", me.Me.as_view(), name="me"),
    path("me/consents/", me.Consents.as_view(), name="consents"),
    path("projects/", projects.Projects.as_view(), name="projects"),
    path("projects/<slug:slug>/", include(_of_project)),
    path("imports/<uuid:uid>/", imports.ImportDetail.as_view(), name="import"),
    path("imports/<uuid:uid>/cancel/", imports.CancelImport.as_view(), name="cancel-import"),
    path("invitations/<uuid:uid>/", invitations.InvitationDetail.as_view(), name="invitation"),
    path("messages/<uuid:uid>/", include(_of_message)),
    path("generators/", generators.Generators.as_view(), name="generators"),
    path("generators/<uuid:uid>/test/", generators.TestGenerator.as_view(), name="test-generator"),
    path("gold-items/<uuid:uid>/retire/", training.RetireGoldItem.as_view(), name="retire-item"),
    path(
        "adjudications/<uuid:uid>/",
        adjudications.AdjudicationDetail.as_view(),
        name="adjudication",
    ),
    path(
        "adjudications/<uuid:uid>/resolve/",
        adjudications.ResolveAdjudication.as_view(),
        name="resolve-adjudication",
    ),
    path("runs/<uuid:uid>/", runs.RunDetail.as_view(), name="run"),
    path("runs/<uuid:uid>/pause/", runs.PauseRun.as_view(), name="pause-run"),
    path("runs/<uuid:uid>/resume/", runs.ResumeRun.as_view(), name="resume-run"),
    path("runs/<uuid:uid>/cancel/", runs.CancelRun.as_view(), name="cancel-run"),
    path("judges/<uuid:uid>/", include(_of_judge)),
    path("slots/<uuid:slot>/", include(_of_slot)),
    path("webhooks/<uuid:uid>/", include(_of_webhook)),
    path("datasets/<uuid:uid>/versions/", datasets.Versions.as_view(), name="dataset-versions"),
    path("datasets/recipe-schema/", recipes.RecipeSchema.as_view(), name="recipe-schema"),
    path("datasets/", datasets.Datasets.as_view(), name="datasets"),
    path("dataset-versions/<uuid:uid>/", include(_of_version)),
    path("pushes/<uuid:uid>/", pushes.PushDetail.as_view(), name="push"),
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("docs/", docs.Swagger.as_view(), name="docs"),
    re_path(r"", views.NoSuchAddress.as_view(), name="no-such-address"),
]
