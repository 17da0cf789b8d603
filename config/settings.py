"""All settings. The environment is read here (and in `config.embedded`) and nowhere else.

Importing this module starts nothing. `config.embedded.ensure()` sets DATABASE_URL and REDIS_URL
before it is imported wherever servers are needed and the operator named none.
"""

import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import admin_site, buckets, logs, schedule
from config.model_keys import parse_dollars, parse_model_keys, parse_model_providers
from config.sign_in import parse_providers

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
# Empty means unset, as `make` hands its variables on.
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / ".data").resolve()
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
# Embedded: private servers and random secrets of one machine and one folder, made by
# `config.embedded`. Everywhere else the operator names servers and secrets.
EMBEDDED = env.bool("CONCORD_EMBEDDED", default=not (DATABASE_URL or REDIS_URL))


def secret(name: str) -> str:
    """A secret from the environment; without embedded servers it has no default."""
    return str(env.str(name, default=secrets.token_urlsafe(48) if EMBEDDED else ""))


SECRET_KEY = secret("SECRET_KEY")
# Keys before this one: what was signed or encrypted with them is still read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
METRICS_TOKEN = secret("METRICS_TOKEN")
_missing = [
    name
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN")
    if not EMBEDDED and not env.str(name, default="")
]
if _missing:
    raise ImproperlyConfigured(
        f"Set {', '.join(_missing)} (see .env.example; `make env` writes a .env)."
    )

# Loopback always: health checks and the machine's own people come that way.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[]), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
_port = env.str("PORT", default="") or "8000"
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{_port}").rstrip("/")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "dashboard.apps.ConcordAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "rest_framework",
    "template_partials",
    "accounts",
    "collector",
    "labeling",
    "exports",
    "audit",
    "dashboard.apps.DashboardConfig",
    "api",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.not_stored",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.language.preferred_language",
    "audit.requests.told",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.frame.ResearchersFrame",
    "django_structlog.middlewares.RequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database, cache, broker ---------------------------------------------------------------------
if DATABASE_URL:
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
else:  # settings can be imported without servers (makemigrations --check, mypy); queries cannot run
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "unset",
            "HOST": "unset.invalid",
        }
    }
DATABASES["default"].update(
    HOST=unquote(DATABASES["default"]["HOST"]),  # %2Ftmp%2F…: a socket folder
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=600),
    CONN_HEALTH_CHECKS=True,
    DISABLE_SERVER_SIDE_CURSORS=env.bool("DISABLE_SERVER_SIDE_CURSORS", default=False),
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "concord",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = schedule.TASK_ROUTES
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT", default=3600)
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = schedule.BEAT_SCHEDULE

# Services that make something of rows just imported: called with `project` after each batch, and
# before the job is said to have succeeded. Beat does the same for what a dead worker left.
AFTER_IMPORTED_ROWS = ["labeling.services.imported.pull_preferences"]
# Of an import that is taken back, called with `rows`: what else builds on them, and what happens
# first, in the transaction that takes them back.
BUILT_ON_IMPORTS = ["labeling.services.import_undoing.built_on"]
BEFORE_IMPORTS_GO = ["labeling.services.import_undoing.before_going"]

# --- people --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Who may make an account: people with an invitation, or everybody.
SIGNUP = env.str("SIGNUP", default="") or "invite"
if SIGNUP not in ("invite", "open"):
    raise ImproperlyConfigured("SIGNUP is invite or open.")
# An address counts once its owner showed that mail to it arrives: by the link of a confirmation, by
# an invitation sent there, or by a password reset. What an operator enters with a password counts
# at once (`accounts.models.UserManager`). Nobody changes their own: no page for it is routed.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, and nowhere else
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password, a passkey added or removed, …
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_ADAPTER = "collector.joining.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.SignInForm",
    "signup": "accounts.sign_in.SignUpForm",
    "change_password": "accounts.sign_in.PlainChangePasswordForm",
    "set_password": "accounts.sign_in.PlainSetPasswordForm",
    "reset_password": "accounts.sign_in.PlainResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in.PlainResetPasswordKeyForm",
    "reauthenticate": "accounts.sign_in.PlainReauthenticateForm",
}
SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = parse_providers(env.ENVIRON)
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = "oidc"
MFA_ADAPTER = "accounts.mfa.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Concord"
# Against guessing, and no means of locking somebody out: after too many wrong passwords an account
# opens again within a minute, to whoever has the right one.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/m/ip,10/m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "signup": "20/m/ip",
    "confirm_email": "3/m/key",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
JOIN_RATE_LIMIT = "30/m/ip"  # invitations tried
# How many proxies append to X-Forwarded-For; with 0 the header is not believed, and behind a proxy
# everybody shares the limits of one address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CONSENT_VERSION = "1"
EMAIL_URL = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_URL)

# --- models --------------------------------------------------------------------------------------
# alias=ENV_NAME@host,…: the key in ENV_NAME is sent to that host only.
CONCORD_MODEL_KEYS = parse_model_keys(env.list("CONCORD_MODEL_KEYS", default=[]), env.ENVIRON)
CONCORD_ALLOWED_MODEL_HOSTS = env.list(
    "CONCORD_ALLOWED_MODEL_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if EMBEDDED else []
)
# name=package.module.Class,…: providers of the operator's own (docs/providers.md).
CONCORD_PROVIDERS = parse_model_providers(env.list("CONCORD_PROVIDERS", default=[]))
# Where webhooks may be sent, and where datasets and models of the hub may be read and written.
CONCORD_ALLOWED_WEBHOOK_HOSTS = env.list("CONCORD_ALLOWED_WEBHOOK_HOSTS", default=[])
CONCORD_ALLOWED_HUB_HOSTS = env.list("CONCORD_ALLOWED_HUB_HOSTS", default=[])
# What writes there: the hub's own variable, so that reading private datasets takes it, too.
HF_TOKEN = env.str("HF_TOKEN", default="")
# US dollars that asking models may cost in a calendar month (UTC), all projects together.
CONCORD_MONTHLY_BUDGET = parse_dollars(
    "CONCORD_MONTHLY_BUDGET", env.str("CONCORD_MONTHLY_BUDGET", default="")
)
# tiktoken's own variable, and its own default: the encodings found there are used, none is fetched.
TIKTOKEN_CACHE_DIR = env.str(
    "TIKTOKEN_CACHE_DIR", default=str(Path(tempfile.gettempdir()) / "data-gym-cache")
)
# GiB that local models may take together; 0: half of what the machine, or its GPU, has.
CONCORD_LOCAL_MODEL_GIB = env.float("CONCORD_LOCAL_MODEL_GIB", default=0.0)

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttles.Throttle"],
    "DEFAULT_SCHEMA_CLASS": "api.schema.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nobody anything; the schema does
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a dataset's format
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Requests a minute of a token (or a session), and of an address that comes without; 0: no limit.
# What labelers do is not counted.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=1200)
API_ANONYMOUS_PER_MINUTE = env.int("API_ANONYMOUS_PER_MINUTE", default=120)
REST_KNOX = {
    "TOKEN_TTL": None,
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Concord",
    "DESCRIPTION": "Human preferences over language-model responses, collected and exported.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "POSTPROCESSING_HOOKS": [
        "api.examples.describe_examples",
        "api.schema.describe_headers",
        "api.schema.describe_errors",
    ],
}

# --- admin ---------------------------------------------------------------------------------------
UNFOLD = admin_site.UNFOLD

# --- files, language, time -----------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names carry a hash of the content. Compressing takes a minute, which an image is worth, and a
    # first look at the demo is not.
    "staticfiles": {
        "BACKEND": "config.static.CompressedStaticFiles"
        if env.bool("COMPRESS_STATIC", default=not EMBEDDED)
        else "config.static.HashedStaticFiles"
    },
}
# Datasets are built in parts of so many comparisons, judgments or prompts, by all workers together.
EXPORT_PART_KEYS = env.int("EXPORT_PART_KEYS", default=250_000)
# Built datasets are kept in a bucket where one is named, else below MEDIA_ROOT.
if DATASETS_S3_BUCKET := env.str("DATASETS_S3_BUCKET", default=""):
    STORAGES["datasets"] = buckets.datasets(DATASETS_S3_BUCKET, env)
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "png", "gif", "webp", "gz", "br", "woff2", "map")
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 << 20

LANGUAGE_CODE = "en"
LANGUAGES = [  # each in its own words, for who looks for theirs
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("pt-br", "Português (Brasil)"),
    ("zh-hans", "简体中文"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- safety --------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # asked from within, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SESSION_COOKIE_HTTPONLY = True
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logs.to_the_console(LOG_LEVEL)
logs.configure_structlog(LOG_LEVEL, coloured=EMBEDDED)
