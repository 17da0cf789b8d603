"""The researchers' pages, below the admin site's address and in its namespace."""

from django.urls import URLPattern, URLResolver, include, path

from dashboard.pages import (
    first_steps,
    generators,
    new_project,
    policy_preview,
    projects,
    rules,
    runs,
    settings,
    tasks,
)

_of_project: list[URLPattern | URLResolver] = [
    path("", projects.glance, name="overview"),
    path("start/", first_steps.first_steps, name="first_steps"),
    path("settings/", settings.settings, name="settings"),
    path("settings/budgets/", settings.budgets, name="settings_budgets"),
    path("settings/archive/", settings.archive, name="settings_archive"),
    path("settings/policy/", rules.policy, name="settings_policy"),
    path("settings/guidelines/", rules.guidelines, name="settings_guidelines"),
    path("generators/", generators.generators, name="generators"),
    path("generators/new/", generators.new, name="new-generator"),
    path("generators/<uuid:uid>/", generators.generator, name="generator"),
    path("generators/<uuid:uid>/edit/", generators.edit, name="edit-generator"),
    path("generators/<uuid:uid>/test/", generators.test, name="generator-test"),
    path("generators/<uuid:uid>/<slug:what>/", generators.switch, name="generator-switch"),
    path("runs/", runs.runs, name="runs"),
    path("runs/new/", runs.new, name="new-run"),
    path("runs/new/estimate/", runs.estimate, name="run-estimate"),
    path("runs/<uuid:uid>/", runs.run, name="run"),
    path("runs/<uuid:uid>/<slug:what>/", runs.switch, name="run-switch"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/build/", tasks.build, name="build-tasks"),
    path("tasks/withdraw/", tasks.withdraw_all, name="withdraw-tasks"),
    path("tasks/jobs/<uuid:uid>/undo/", tasks.undo, name="undo-build"),
    path("tasks/jobs/<uuid:uid>/cancel/", tasks.cancel, name="cancel-tasks"),
    path("tasks/<uuid:uid>/", tasks.task, name="task"),
    path("tasks/<uuid:uid>/withdraw/", tasks.withdraw_one, name="withdraw-task"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/", projects.projects, name="projects"),
    # Not below projects/, where a project may be called “new”.
    path("new-project/", new_project.new_project, name="new_project"),
    path("new-project/review/", new_project.review, name="new_project_review"),
    path("new-project/start-over/", new_project.start_over, name="new_project_start_over"),
    path("new-project/<slug:step>/", new_project.step, name="new_project_step"),
    path("policy-preview/", policy_preview.policy_preview, name="policy_preview"),
    path("projects/<slug:slug>/", include(_of_project)),
]
