"""Every setting of the system; what differs between machines comes from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import django_stubs_ext
from csp.constants import NONE, SELF
from django.conf import global_settings
from django.utils.translation import gettext_lazy as _

from config import env

django_stubs_ext.monkeypatch()

# --- Where we are ----------------------------------------------------------------------------

BASE_DIR: Final = Path(__file__).resolve().parent.parent
env.load_file(Path(env.text("ENV_FILE", str(BASE_DIR / ".env"))))

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")  # the sample city of `make demo`: every page says so
PLAIN_HTTP = env.flag(
    "PLAIN_HTTP", default=DEBUG
)  # the one switch: cookie names, Secure, redirect, HSTS
PRODUCTION: Final = not (DEBUG or DEMO)
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o750, parents=True, exist_ok=True)

# --- The city --------------------------------------------------------------------------------

CITY = env.text("CITY", "kazuno")
CITY_NAME = env.text("CITY_NAME", "鹿角市")
SITE_NAME = env.text("SITE_NAME", "業務改革ナビ")
SECRETARIAT_CONTACT = env.text("SECRETARIAT_CONTACT", "事務局（デジタル戦略・広報室 内線312）")
# Every link in a mail begins with this address, never with the Host header of a request.
BASE_URL = env.text("BASE_URL", None if PRODUCTION else "http://localhost:8000").rstrip("/")

# --- Secrets and hosts -----------------------------------------------------------------------

SECRET_KEY = env.secret("SECRET_KEY", "only-for-development-" * 3 if DEBUG else None)
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", None if PRODUCTION else LOCAL_HOSTS)
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")

# --- Applications ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "records",
    "roles",
    "bpr_projects",
    "workflow",
    "notifications",
    "viewflow",
    "viewflow.workflow",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_filters",
    "django_htmx",
    "template_partials",
    "whitenoise.runserver_nostatic",
    "django.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.middleware.IncidentNumber",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.BrowserRules",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.ReadableLists",
    "config.middleware.PostsReadOnce",
    "config.middleware.IdleClock",
    "config.middleware.ProvisionalPassword",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "workflow.inbox.shell",
                "workflow.inbox.closing",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "bpr_projects.templatetags.ui",
                "bpr_projects.templatetags.amounts",
                "bpr_projects.templatetags.constant",
                "bpr_projects.templatetags.terms",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database --------------------------------------------------------------------------------

DATABASE: Final = env.database(
    "DATABASE_URL", None if PRODUCTION else f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
)
DATABASES: dict[str, dict[str, Any]] = {"default": DATABASE}
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE["OPTIONS"] = {
        # Deferred transactions fail at once when two writers meet; these wait for each other.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
    # A test database in memory cannot be shared by two connections: a file always.
    DATABASE["TEST"] = {"NAME": env.text("TEST_DATABASE_FILE", str(VAR_DIR / "test.sqlite3"))}
else:
    DATABASE["CONN_MAX_AGE"] = env.whole("CONN_MAX_AGE", 60)
    DATABASE["CONN_HEALTH_CHECKS"] = True
    DATABASE["OPTIONS"] = {
        **DATABASE.get("OPTIONS", {}),
        "options": (
            "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=60s"
        ),
        # A verb is some thirty short statements: planned once a connection, not every time.
        "server_side_binding": True,
        "prepare_threshold": 3,
    }

# allauth counts failed logins here, so it must not depend on Redis; a migration makes the table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- Background work -------------------------------------------------------------------------

CELERY_BROKER_URL = env.secret(
    "REDIS_URL", None if PRODUCTION else f"redis+socket://{VAR_DIR / 'valkey' / 'valkey.sock'}"
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # must exceed the longest task
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 30,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True  # they come back, late ack
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Tokyo"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
# A sweep asks the database what is due and may run twice: zero, one or two beats are all right.
CELERY_BEAT_SCHEDULE = {
    "mails": {
        "task": "notifications.tasks.sweep_outbox",
        "schedule": 30,
        "options": {"expires": 25},
    },
    "background-runs": {
        "task": "records.tasks.sweep_background_runs",
        "schedule": 30,
        "options": {"expires": 25},
    },
    "deadlines": {
        "task": "workflow.tasks.sweep_deadlines",
        "schedule": 300,
        "options": {"expires": 280},
    },
}

# --- Who people are --------------------------------------------------------------------------

AUTH_USER_MODEL = "roles.User"
AUTHENTICATION_BACKENDS = [
    "roles.backends.AppointmentBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = env.items("PASSWORD_HASHERS", tuple(global_settings.PASSWORD_HASHERS))
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("employee_number", "family_name", "given_name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": env.whole("PASSWORD_MIN_LENGTH", 12)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "config.passwords.LocalWords",
        "OPTIONS": {"words": env.items("PASSWORD_FORBIDDEN_WORDS", (CITY, CITY_NAME, SITE_NAME))},
    },
]
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None  # guardian makes no account for people who are not there

ACCOUNT_ADAPTER = "roles.backends.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "employee_number"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # this session goes on, every other one ends
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 30 * 60
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXY_COUNT", 0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER_URL := env.text("OIDC_SERVER_URL", ""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "city",
                "name": env.text("OIDC_NAME", CITY_NAME),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.secret("OIDC_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            },
        ],
    }

# --- Browsers: cookies, transport, content ---------------------------------------------------

COOKIE_PREFIX: Final = "" if PLAIN_HTTP else "__Host-"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}bpr-session"
SESSION_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
IDLE_COOKIE_NAME = f"{COOKIE_PREFIX}bpr-idle"
IDLE_TIMEOUT = env.whole("IDLE_TIMEOUT", 30 * 60)
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}bpr-csrf"
CSRF_COOKIE_SECURE = not PLAIN_HTTP
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "roles.views.csrf_failure"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}bpr-language"
LANGUAGE_COOKIE_SECURE = not PLAIN_HTTP
LANGUAGE_COOKIE_HTTPONLY = True

SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.flag("BEHIND_TLS_PROXY"):  # only behind a proxy that removes this header from what comes in
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # HSTS for all subdomains and the preload list concern the city's other sites: the city decides.
    "security.W005",
    "security.W021",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

# --- Languages and time ----------------------------------------------------------------------

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("日本語")), ("en", _("英語"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# --- Files -----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "config.finders.UsedFiles",
]
# Production serves what `collectstatic` gathered; otherwise the sources are served as they are.
COLLECTED_STATIC = env.flag("COLLECTED_STATIC", default=PRODUCTION)
STATIC_ROOT = (
    Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))) if COLLECTED_STATIC else None
)
WHITENOISE_USE_FINDERS = not COLLECTED_STATIC
WHITENOISE_AUTOREFRESH = env.flag("STATIC_AUTOREFRESH", default=DEBUG)
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))  # never served by the web server
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a full sheet sends some 400
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- The ledger outside the database ---------------------------------------------------------

# One line a day is added, whoever sweeps. It belongs on storage that this system cannot rewrite.
ANCHOR_FILE = Path(env.text("ANCHOR_FILE", str(VAR_DIR / "ledger-anchors.jsonl")))

# --- Mail ------------------------------------------------------------------------------------

# The demo keeps its mails on a page; production says how it sends them.
MAIL: Final = env.email("EMAIL_URL", None if PRODUCTION else "dummymail://")
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST = MAIL["EMAIL_HOST"] or "localhost"
EMAIL_PORT = MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL["EMAIL_FILE_PATH"] or None
# What may still be taken back (引戻し) is told after this; what is not urgent, once a morning.
MAIL_HOLD = timedelta(minutes=env.whole("MAIL_HOLD_MINUTES", 10))
MAIL_DIGEST = env.flag("MAIL_DIGEST", default=True)
EMAIL_TIMEOUT = 20  # shorter than the lease of a delivery
DEFAULT_FROM_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", None if PRODUCTION else f"{SITE_NAME} <no-reply@localhost>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Logging ---------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.JsonLines"},
        "plain": {"format": "{levelname} {name} {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain" if DEBUG else "json"},
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "celery": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
