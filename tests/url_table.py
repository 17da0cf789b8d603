"""The tables of who may call what: by route and method, the status for every role."""

import re

from collector.models import Membership

Expected = dict[str, int]
ROLES = Membership.Role.values
EVERYBODY = ("nobody", "stranger", "other", *ROLES, "admin")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_SLOT = "01900000-0000-7000-8000-000000000000"


def everybody(status: int, **exceptions: int) -> Expected:
    return dict.fromkeys(EVERYBODY, status) | exceptions


def signed_in(status: int, nobody: int = 401, **exceptions: int) -> Expected:
    return everybody(status, nobody=nobody, **exceptions)


def members(status: int, *roles: str) -> Expected:
    """Those roles of the project and superusers; other members 403; who is no member 404."""
    refused = dict.fromkeys(ROLES, 403) | {"nobody": 401, "stranger": 404, "other": 404}
    return refused | dict.fromkeys((*roles, "admin"), status)


def researchers_anywhere(status: int) -> Expected:
    return signed_in(403, researcher=status, other=status, admin=status)


STAFF = ("reviewer", "researcher", "trainer")
# By route and method. The status of those who may is that of a request without a body.
API: dict[str, dict[str, Expected]] = {
    "": dict.fromkeys(METHODS, everybody(404)),
    "schema/": {"GET": everybody(200)},
    "docs/": {"GET": everybody(200)},
    "me/": {"GET": signed_in(200)},
    "me/tokens/": {"GET": signed_in(200), "POST": signed_in(400)},
    "me/tokens/<slug:token>/": {"DELETE": signed_in(404)},
    "me/consents/": {"POST": signed_in(201)},
    "me/notifications/": {"GET": signed_in(200), "PATCH": signed_in(400)},
    "projects/": {"GET": signed_in(200), "POST": researchers_anywhere(400)},
    "projects/<slug:slug>/": {
        "GET": members(200, *ROLES),
        "PATCH": members(200, "researcher"),
    },
    "projects/<slug:slug>/overview/": {"GET": members(200, "researcher")},
    "projects/<slug:slug>/audit/": {"GET": members(200, "researcher")},
    "audit/": {"GET": signed_in(403, admin=200)},
    "projects/<slug:slug>/members/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "projects/<slug:slug>/members/<uuid:uid>/": {
        "GET": members(404, "researcher"),
        "PATCH": members(404, "researcher"),
        "DELETE": members(404, "researcher"),
    },
    "projects/<slug:slug>/pay/": {"GET": members(400, "researcher")},
    "projects/<slug:slug>/invitations/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "invitations/<uuid:uid>/": {"DELETE": members(204, "researcher")},
    "invitations/<uuid:uid>/renew/": {"POST": members(200, "researcher")},
    "projects/<slug:slug>/webhooks/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "webhooks/<uuid:uid>/": {
        "GET": members(200, "researcher"),
        "PATCH": members(200, "researcher"),
        "DELETE": members(204, "researcher"),
    },
    "webhooks/<uuid:uid>/secret/": {"POST": members(200, "researcher")},
    "webhooks/<uuid:uid>/test/": {"POST": members(202, "researcher")},
    "webhooks/<uuid:uid>/deliveries/": {"GET": members(200, "researcher")},
    "projects/<slug:slug>/imports/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "projects/<slug:slug>/templates/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "projects/<slug:slug>/templates/preview/": {"POST": members(400, "researcher")},
    "projects/<slug:slug>/policies/": {
        "GET": members(200, *STAFF),
        "POST": members(200, "researcher"),
    },
    "projects/<slug:slug>/policies/<int:number>/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/guidelines/": {
        "GET": members(200, *ROLES),
        "POST": members(400, "researcher"),
    },
    "projects/<slug:slug>/guidelines/current/": {"GET": members(404, *ROLES)},
    "projects/<slug:slug>/guidelines/<int:number>/": {"GET": members(404, *ROLES)},
    "projects/<slug:slug>/judgments/": {"GET": members(200, *STAFF)},
    "judgments/<uuid:uid>/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/letters/": {
        "GET": members(200, "reviewer"),
        "POST": members(400, "reviewer"),
    },
    "projects/<slug:slug>/letters/read/": {"POST": members(400, "reviewer")},
    "projects/<slug:slug>/reports/": {"GET": members(200, "reviewer")},
    "reports/<uuid:uid>/resolve/": {"POST": members(200, "reviewer")},
    "me/contributions/": {"GET": signed_in(200)},
    "me/letters/": {"GET": signed_in(200), "POST": signed_in(400)},
    "me/reports/": {"GET": signed_in(200), "POST": signed_in(400)},
    "gold-items/<uuid:uid>/": {"GET": members(200, "researcher", "reviewer")},
    "projects/<slug:slug>/flags/": {"GET": members(200, "researcher", "reviewer")},
    "messages/<uuid:uid>/flags/": {"POST": members(400, "researcher", "reviewer")},
    "messages/<uuid:uid>/flags/<slug:kind>/dismiss/": {
        "POST": members(200, "researcher", "reviewer")
    },
    "messages/<uuid:uid>/flags/<slug:kind>/restore/": {
        "POST": members(200, "researcher", "reviewer")
    },
    "projects/<slug:slug>/prompts/": {
        "GET": members(200, *STAFF),
        "POST": members(400, "researcher"),
    },
    "messages/<uuid:uid>/responses/": {"POST": members(400, "researcher", "reviewer")},
    "projects/<slug:slug>/search/": {"GET": members(200, "researcher", "reviewer")},
    "messages/<uuid:uid>/tree/": {"GET": members(200, "researcher", "reviewer")},
    "projects/<slug:slug>/budgets/": {
        "GET": members(200, "researcher"),
        "PATCH": members(200, "researcher"),
    },
    "projects/<slug:slug>/runs/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "projects/<slug:slug>/runs/estimate/": {"POST": members(400, "researcher")},
    "projects/<slug:slug>/tasks/": {
        "GET": members(200, "researcher"),
        "POST": members(200, "researcher"),
    },
    "projects/<slug:slug>/tasks/queue/": {"GET": members(200, "researcher")},
    "projects/<slug:slug>/tasks/withdraw/": {"POST": members(409, "researcher")},
    "tasks/<uuid:uid>/": {"GET": members(200, "researcher")},
    "tasks/<uuid:uid>/withdraw/": {"POST": members(204, "researcher")},
    "task-jobs/<uuid:uid>/": {"GET": members(200, "researcher")},
    "task-jobs/<uuid:uid>/cancel/": {"POST": members(200, "researcher")},
    "task-jobs/<uuid:uid>/undo/": {"POST": members(409, "researcher")},
    "projects/<slug:slug>/claim/": {"POST": members(200, "labeler")},
    "projects/<slug:slug>/gold-items/": {
        "GET": members(200, "researcher", "reviewer"),
        "POST": members(400, "researcher", "reviewer"),
    },
    "gold-items/<uuid:uid>/retire/": {"POST": members(200, "researcher", "reviewer")},
    "projects/<slug:slug>/training/": {"GET": members(200, "labeler")},
    "projects/<slug:slug>/training/practice/": {"POST": members(204, "labeler")},
    "projects/<slug:slug>/training/test/": {"POST": members(409, "labeler")},
    "projects/<slug:slug>/standings/": {
        "GET": members(200, "reviewer", "researcher"),
        "POST": members(400, "reviewer", "researcher"),
    },
    "projects/<slug:slug>/standings/<slug:labeler>/": {
        "GET": members(404, "reviewer", "researcher")
    },
    "projects/<slug:slug>/adjudications/": {
        "GET": members(200, "reviewer", "researcher"),
        "POST": members(400, "reviewer", "researcher"),
    },
    "adjudications/<uuid:uid>/": {"GET": members(200, "reviewer", "researcher")},
    "adjudications/<uuid:uid>/resolve/": {"POST": members(400, "reviewer")},
    "projects/<slug:slug>/comparisons/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/leaderboard/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/leaderboard/history/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/agreement/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/agreement/history/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/labelers/": {"GET": members(200, "reviewer", "researcher")},
    "projects/<slug:slug>/progress/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/export.jsonl": {"GET": members(400, "researcher", "trainer")},
    "imports/<uuid:uid>/": {"GET": members(200, "researcher")},
    "imports/<uuid:uid>/cancel/": {"POST": members(200, "researcher")},
    "imports/<uuid:uid>/undo/": {
        "GET": members(404, "researcher"),
        "POST": members(409, "researcher"),
    },
    "messages/<uuid:uid>/": {"GET": members(200, *STAFF)},
    "generators/": {"GET": researchers_anywhere(200), "POST": researchers_anywhere(400)},
    "generators/<uuid:uid>/": {
        "GET": researchers_anywhere(404),
        "PATCH": researchers_anywhere(404),
    },
    "generators/<uuid:uid>/pause/": {"POST": researchers_anywhere(404)},
    "generators/<uuid:uid>/unpause/": {"POST": researchers_anywhere(404)},
    "generators/<uuid:uid>/test/": {"POST": researchers_anywhere(404)},
    "projects/<slug:slug>/judges/": {
        "GET": members(200, "reviewer", "researcher"),
        "POST": members(400, "researcher"),
    },
    "projects/<slug:slug>/judges/agreement/": {"GET": members(200, "reviewer", "researcher")},
    "judges/<uuid:uid>/": {
        "GET": members(200, "reviewer", "researcher"),
        "PATCH": members(200, "researcher"),
    },
    "judges/<uuid:uid>/runs/": {
        "GET": members(200, "reviewer", "researcher"),
        "POST": members(202, "researcher"),
    },
    "judges/<uuid:uid>/runs/cancel/": {"POST": members(200, "researcher")},
    "runs/<uuid:uid>/": {"GET": members(200, "researcher")},
    "runs/<uuid:uid>/errors/": {"GET": members(200, "researcher")},
    "runs/<uuid:uid>/retry/": {"POST": members(200, "researcher")},
    "runs/<uuid:uid>/cancel/": {"POST": members(200, "researcher")},
    "runs/<uuid:uid>/pause/": {"POST": members(200, "researcher")},
    "runs/<uuid:uid>/resume/": {"POST": members(409, "researcher")},
    # A slot is its holder's: to everybody else, whatever their role, there is none.
    "slots/<uuid:slot>/submit/": {"POST": signed_in(404)},
    "slots/<uuid:slot>/skip/": {"POST": signed_in(404)},
    "slots/<uuid:slot>/renew/": {"POST": signed_in(404)},
    # The project is in the body; without one there is nothing to be a member of.
    "datasets/": {"POST": signed_in(400)},
    "projects/<slug:slug>/datasets/": {"GET": members(200, "researcher", "trainer")},
    "projects/<slug:slug>/datasets/preview/": {"POST": members(200, "researcher", "trainer")},
    "datasets/recipe-schema/": {"GET": signed_in(200)},
    "datasets/<uuid:uid>/versions/": {"GET": members(200, "researcher", "trainer")},
    "dataset-versions/<uuid:uid>/": {
        "GET": members(200, "researcher", "trainer"),
        "DELETE": members(409, "researcher"),
    },
    "dataset-versions/<uuid:uid>/cancel/": {"POST": members(200, "researcher", "trainer")},
    "dataset-versions/<uuid:uid>/difference/": {"GET": members(400, "researcher", "trainer")},
    "dataset-versions/<uuid:uid>/files/<str:name>": {"GET": members(409, "researcher", "trainer")},
    "dataset-versions/<uuid:uid>/pushes/": {
        "GET": members(200, "researcher", "trainer"),
        "POST": members(400, "researcher"),
    },
    "pushes/<uuid:uid>/": {"GET": members(200, "researcher", "trainer")},
}
REGEX_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^]]*\])*\)")
BODIES = {
    "slots/<uuid:slot>/submit/": {"submit_key": "x", "tiers": [["1"], ["2"]]},
    "slots/<uuid:slot>/skip/": {"reason": "other"},
}


def page(status: int, *roles: str) -> Expected:
    """A page of a project: as in the API, but nobody is sent to the sign-in page."""
    return members(status, *roles) | {"nobody": 302}


# Pages by route and method: 302 for nobody is the way to the sign-in page.
PAGES: dict[str, dict[str, Expected]] = {
    "healthz": {"GET": everybody(200)},
    "readyz": {"GET": everybody(200)},
    "metrics": {"GET": everybody(401)},  # for the bearer of the operator's token
    "": {"GET": signed_in(200, nobody=302)},
    "consent/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "consent/<slug:version>/": {"GET": signed_in(200, nobody=302)},
    "join/": {"GET": everybody(200), "POST": everybody(400)},
    "join/accept/": {"POST": everybody(302)},  # to sign in, or to bring an invitation first
    "settings/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "settings/tokens/": {
        "GET": signed_in(200, nobody=302),
        "POST": signed_in(400, nobody=302),
    },
    "settings/tokens/<slug:token>/end/": {"POST": signed_in(404, nobody=302)},
    "settings/keys/": {"GET": signed_in(200, nobody=302), "POST": everybody(302)},
    "settings/mails/": {"GET": signed_in(200, nobody=302), "POST": everybody(302)},
    "mails/stop/<str:token>/": {"GET": everybody(404), "POST": everybody(404)},
    "report/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "reports/": {"GET": signed_in(403, nobody=302, admin=200)},
    "reports/<uuid:report>/": {"POST": signed_in(403, nobody=302, admin=404)},
    "projects/<slug:slug>/leaderboard/": {"GET": page(200, *STAFF)},
    "projects/<slug:slug>/quality/": {"GET": page(200, "reviewer", "researcher")},
    "projects/<slug:slug>/labelers/": {"GET": page(200, "reviewer", "researcher")},
    "projects/<slug:slug>/conversations/": {"GET": page(200, "reviewer", "researcher")},
    "projects/<slug:slug>/conversations/<uuid:uid>/": {"GET": page(404, "reviewer", "researcher")},
    "projects/<slug:slug>/review/reports/": {"GET": page(200, "reviewer")},
    "projects/<slug:slug>/review/reports/<uuid:report>/": {"POST": page(404, "reviewer")},
    "projects/<slug:slug>/review/people/": {"GET": page(200, "reviewer")},
    "projects/<slug:slug>/review/people/<uuid:labeler>/": {
        "GET": page(404, "reviewer"),
        "POST": page(404, "reviewer"),
    },
    "projects/<slug:slug>/review/letters/": {"GET": page(200, "reviewer")},
    "projects/<slug:slug>/review/letters/<uuid:labeler>/": {
        "GET": page(404, "reviewer"),
        "POST": page(404, "reviewer"),
    },
    "projects/<slug:slug>/review/adjudications/": {"GET": page(200, "reviewer")},
    "projects/<slug:slug>/review/adjudications/next/": {"GET": page(302, "reviewer")},
    "projects/<slug:slug>/review/adjudications/open/": {"POST": page(404, "reviewer")},
    "projects/<slug:slug>/review/adjudications/guidelines/": {
        "GET": page(200, "reviewer"),
        "POST": page(200, "reviewer"),
    },
    "projects/<slug:slug>/review/adjudications/<uuid:uid>/": {
        "GET": page(404, "reviewer"),
        "POST": page(404, "reviewer"),
    },
    "me/contributions/": {"GET": signed_in(200, nobody=302)},
    "me/contributions/<uuid:judgment>/": {"GET": signed_in(404, nobody=302)},
    "me/contributions/<uuid:judgment>/opinions/": {"POST": signed_in(404, nobody=302)},
    "me/contributions/<uuid:judgment>/reconsider/": {"POST": signed_in(404, nobody=302)},
    "me/calibration/": {"GET": signed_in(200, nobody=302)},
    "me/letters/": {"GET": signed_in(200, nobody=302)},
    "me/letters/<slug:slug>/": {
        "GET": signed_in(200, nobody=302, stranger=404, other=404),
        "POST": signed_in(400, nobody=302, stranger=404, other=404),
    },
    # With a password or a second factor, these ask for it again first.
    "me/data/": {"GET": signed_in(200, nobody=302)},
    "me/data/download/": {"GET": signed_in(200, nobody=302)},
    "me/data/anonymise/": {
        "GET": signed_in(200, nobody=302),
        "POST": signed_in(400, nobody=302),
    },
    "me/data/erase/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "projects/<slug:slug>/label/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/guidelines/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/guidelines/read/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/guidelines/history/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/training/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/training/practice/": {"GET": page(302, "labeler")},
    "projects/<slug:slug>/training/test/": {
        "GET": page(302, "labeler"),
        "POST": page(302, "labeler"),
    },
    "projects/<slug:slug>/training/<uuid:slot>/": {"GET": page(404, "labeler")},
    "projects/<slug:slug>/training/<uuid:slot>/submit/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/training/<uuid:slot>/skip/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/label/next/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/": {"GET": page(404, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/submit/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/skip/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/renew/": {"POST": page(404, "labeler")},
}
# Pages of django-allauth, asked for with GET. Open ones tell nothing about anybody.
OPEN, CLOSED = everybody(200), signed_in(200, nobody=302)
ACCOUNTS: dict[str, Expected] = {
    "login/": signed_in(302, nobody=200),
    "logout/": CLOSED,
    "inactive/": OPEN,
    "signup/": signed_in(302, nobody=200),
    "confirm/": OPEN,
    "confirm/<str:key>/": OPEN,
    "security/": CLOSED,
    "security/authenticate/": everybody(302),  # only in the middle of signing in
    "security/reauthenticate/": signed_in(403, nobody=302),
    "security/app/activate/": CLOSED,
    "security/app/deactivate/": signed_in(404, nobody=302),
    "security/codes/": signed_in(404, nobody=302),
    "security/codes/generate/": CLOSED,
    "security/codes/download/": signed_in(404, nobody=302),
    "security/keys/": CLOSED,
    "security/keys/add/": CLOSED,
    "security/keys/login/": everybody(302),
    "security/keys/reauthenticate/": signed_in(403, nobody=302),
    "security/keys/<int:pk>/edit/": signed_in(404, nobody=302),
    "security/keys/<int:pk>/remove/": signed_in(404, nobody=302),
    "services/": CLOSED,
    "services/cancelled/": OPEN,
    "services/error/": everybody(401),
    "services/signup/": everybody(302),  # only on the way back from a service
    # No service is set up here.
    "services/github/login/": everybody(404),
    "services/github/login/callback/": everybody(404),
    "services/oidc/<slug:provider_id>/login/": everybody(404),
    "services/oidc/<slug:provider_id>/login/callback/": everybody(404),
    "reauthenticate/": signed_in(403, nobody=302),  # these accounts have no password
    "password/change/": everybody(302),
    "password/set/": CLOSED,
    "password/reset/": OPEN,
    "password/reset/done/": OPEN,
    "password/^reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": OPEN,
    "password/reset/key/done/": OPEN,
}
# Of the admin site, below admin/: each researcher's own projects.
RESEARCHERS_PAGES: dict[str, Expected] = {
    "projects/": signed_in(403, nobody=302, researcher=200, other=200, admin=200),
    "new-project/": signed_in(403, nobody=302, researcher=302, other=302, admin=302),
    "new-project/review/": signed_in(403, nobody=302, researcher=302, other=302, admin=302),
    "new-project/<slug:step>/": signed_in(403, nobody=302, researcher=404, other=404, admin=404),
    "new-project/start-over/": everybody(405),
    "policy-preview/": signed_in(403, nobody=302, researcher=200, other=200, admin=200),
    "projects/<slug:slug>/": members(200, "researcher") | {"nobody": 302},
    "audit/": signed_in(403, nobody=302, admin=200),
    "audit.csv": signed_in(403, nobody=302, admin=200),
    "projects/<slug:slug>/audit/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/audit.csv": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/start/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/settings/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/settings/budgets/": everybody(405),
    "projects/<slug:slug>/settings/archive/": everybody(405),
    "projects/<slug:slug>/settings/policy/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/settings/guidelines/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/settings/answers/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/settings/answers/new/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/settings/answers/new/<uuid:uid>/": members(404, "researcher")
    | {"nobody": 302},
    "projects/<slug:slug>/settings/answers/<uuid:uid>/retire/": everybody(405),
    "projects/<slug:slug>/prompts/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/prompts/templates/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/prompts/import/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/prompts/import/<uuid:uid>/": members(404, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/prompts/import/<uuid:uid>/discard/": everybody(405),
    "projects/<slug:slug>/prompts/imports/<uuid:uid>/": members(404, "researcher")
    | {"nobody": 302},
    "projects/<slug:slug>/prompts/imports/<uuid:uid>/cancel/": everybody(405),
    "projects/<slug:slug>/prompts/imports/<uuid:uid>/undo/": members(404, "researcher")
    | {"nobody": 302},
    "projects/<slug:slug>/prompts/imports/<uuid:uid>/report.csv": members(404, "researcher")
    | {"nobody": 302},
    "projects/<slug:slug>/generators/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/generators/new/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/generators/<uuid:uid>/": members(404, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/generators/<uuid:uid>/edit/": members(404, "researcher")
    | {"nobody": 302},
    "projects/<slug:slug>/generators/<uuid:uid>/test/": everybody(405),
    "projects/<slug:slug>/generators/<uuid:uid>/<slug:what>/": everybody(405),
    "projects/<slug:slug>/runs/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/runs/new/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/runs/new/estimate/": everybody(405),
    "projects/<slug:slug>/runs/<uuid:uid>/": members(404, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/runs/<uuid:uid>/<slug:what>/": everybody(405),
    "projects/<slug:slug>/tasks/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/tasks/build/": everybody(405),
    "projects/<slug:slug>/tasks/withdraw/": everybody(405),
    "projects/<slug:slug>/tasks/jobs/<uuid:uid>/undo/": everybody(405),
    "projects/<slug:slug>/tasks/jobs/<uuid:uid>/cancel/": everybody(405),
    "projects/<slug:slug>/tasks/<uuid:uid>/": members(404, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/tasks/<uuid:uid>/withdraw/": everybody(405),
    "projects/<slug:slug>/datasets/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/datasets/new/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/datasets/preview/": everybody(405),
    "projects/<slug:slug>/datasets/<uuid:uid>/": members(404, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/datasets/versions/<uuid:uid>/": (
        members(404, "researcher") | {"nobody": 302}
    ),
    "projects/<slug:slug>/datasets/versions/<uuid:uid>/cancel/": everybody(405),
    "projects/<slug:slug>/datasets/versions/<uuid:uid>/delete/": everybody(405),
    "projects/<slug:slug>/datasets/versions/<uuid:uid>/rebuild/": everybody(405),
    "projects/<slug:slug>/datasets/versions/<uuid:uid>/push/": everybody(405),
    "projects/<slug:slug>/datasets/webhooks/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/datasets/webhooks/<uuid:uid>/": (
        members(404, "researcher") | {"nobody": 302}
    ),
    "projects/<slug:slug>/datasets/webhooks/<uuid:uid>/switch/": everybody(405),
    "projects/<slug:slug>/datasets/webhooks/<uuid:uid>/test/": everybody(405),
    "projects/<slug:slug>/datasets/webhooks/<uuid:uid>/secret/": everybody(405),
    "projects/<slug:slug>/datasets/webhooks/<uuid:uid>/delete/": everybody(405),
    "projects/<slug:slug>/people/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/people/invite/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/people/invitations/<uuid:uid>/renew/": everybody(405),
    "projects/<slug:slug>/people/invitations/<uuid:uid>/revoke/": everybody(405),
    "projects/<slug:slug>/people/judges/new/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/people/pay/": members(200, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/people/<uuid:uid>/": members(404, "researcher") | {"nobody": 302},
    "projects/<slug:slug>/people/<uuid:uid>/role/": everybody(405),
    "projects/<slug:slug>/people/<uuid:uid>/pause/": everybody(405),
    "projects/<slug:slug>/people/<uuid:uid>/resume/": everybody(405),
    "projects/<slug:slug>/people/<uuid:uid>/remove/": everybody(405),
}
SIGN_IN_AND_OUT = {"login/", "logout/"}
