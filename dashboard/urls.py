"""The researchers' pages, below the admin site's address and in its namespace."""

from django.urls import URLPattern, URLResolver, include, path

from dashboard.pages import generators, projects, runs, tasks

_of_project: list[URLPattern | URLResolver] = [
    path("", projects.glance, name="overview"),
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
    path("projects/<slug:slug>/", include(_of_project)),
]
