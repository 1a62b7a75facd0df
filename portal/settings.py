"""All settings. Every switch is an environment variable, read here and nowhere else.

The defaults need nothing but Python: SQLite, a queue of files, everything in ``DATA_DIR``.
``DATABASE_URL`` and ``REDIS_URL`` put PostgreSQL and Redis in their place; ``PRODUCTION=1`` makes
``portal.checks`` refuse whatever is unfit for the open. ``docs/settings.md`` lists them all.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def _whole_number(name: str, default: int) -> int:
    try:
        return int(env.str(name, str(default)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from error


def _yes_or_no(name: str, default: bool) -> bool:
    value = env.str(name, "").strip().lower()
    answers = {"": default, "1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if value not in answers:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return answers[value]


def _url(name: str, *schemes: str) -> str:
    value = env.str(name, "")
    if value and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return value


BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = (BASE_DIR / (env.str("DATA_DIR", "") or "var")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
AREAS = BASE_DIR / "build" / "data" / "areas.json"  # made at set-up: provinces, cities, counties by their codes

PRODUCTION = _yes_or_no("PRODUCTION", False)
DEBUG = _yes_or_no("DEBUG", False)
PORT = _whole_number("PORT", 8000)
if not 1 <= PORT <= 65535:
    raise ImproperlyConfigured(f"PORT must be a port from 1 to 65535, not {PORT}.")
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "")  # of the accounts that load_example makes


def _secret_key() -> str:
    """The key of the environment, or one made up on the first start and kept in ``DATA_DIR``."""
    if key := env.str("SECRET_KEY", ""):
        return key
    path = DATA_DIR / "secret.key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = _secret_key()
SECRET_KEY_IS_OWN = bool(env.str("SECRET_KEY", ""))
TRAIL_KEY = env.str("TRAIL_KEY", "") or f"trail {SECRET_KEY}"  # what the audit trail is sealed with
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "trail",
    "units",
    "submissions",
    "scoring",
    "reports",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.keep_private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.keep_trail",
    "units.middleware.SignInRequired",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.clean_query",
    "portal.middleware.say_busy",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

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
                "portal.frame.frame",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASE_URL = _url("DATABASE_URL", "postgres", "postgresql", "sqlite")
DATABASES = {
    "default": env.db_url_config(DATABASE_URL)
    if DATABASE_URL
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"}
}
if not DATABASE_URL.startswith("postgres"):
    DATABASES["default"]["OPTIONS"] = {
        # A transaction takes its write lock when it begins: two that first read and then write never deadlock.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
    }
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # a file, where threads meet as in real life
else:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 3, "options": "-c statement_timeout=60s -c lock_timeout=20s"},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _url("REDIS_URL", "redis", "rediss")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        }
    }

# Celery. On Redis where there is one; else on files (portal/queue.py), which need no server.
QUEUE_DIR = DATA_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Nobody waits for a Redis that refuses, and a second for one that hangs: the row waits instead.
    {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0, "health_check_interval": 10}
    if REDIS_URL
    else {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "processed_folder": str(QUEUE_DIR / "processed"),
        "polling_interval": 0.05,
    }
)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ALWAYS_EAGER = _yes_or_no("CELERY_EAGER", False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"  # in memory: a shelve shared by two beats was found corrupt
CELERY_TIMEZONE = "Asia/Shanghai"
HEART_INTERVAL = timedelta(seconds=15)

# Signing in. The defaults are those of 等保2.0 (GB/T 22239-2019, level 3, 8.1.4.1).
AUTH_USER_MODEL = "units.Account"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "units.passwords.LikenessValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {
        "NAME": "units.passwords.LengthValidator",
        "OPTIONS": {"min_length": _whole_number("PASSWORD_LENGTH", 10)},
    },
    {"NAME": "units.passwords.KindsValidator", "OPTIONS": {"kinds": _whole_number("PASSWORD_KINDS", 3)}},
    {"NAME": "units.passwords.CommonValidator"},
]
PASSWORD_DAYS = _whole_number("PASSWORD_DAYS", 0)  # a new one is asked for after so many; 0 never
PASSWORD_RESET_TIMEOUT = 3600 * _whole_number("LINK_HOURS", 24)  # seconds an invitation or a reset link is good for
UNDO_SECONDS = _whole_number("UNDO_SECONDS", 60)  # a decision can be taken back, its unit is not told
SECOND_FACTOR = _yes_or_no("SECOND_FACTOR", True)  # for editors, managers, auditors, sysadmins; demonstrators never
OTP_TOTP_ISSUER = "政务信息报送"
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0  # units.lockout counts, and no stranger can block a phone
REGISTRATIONS_AN_HOUR = _whole_number("REGISTRATIONS_AN_HOUR", 20)  # applications of units from one address
PROXIES = _whole_number("PROXIES", 1 if PRODUCTION else 0)  # how many of ours stand before us and name the address

# Personal data: how long what nobody needs any more is kept (docs/personal-data.md).
CONTACT_YEARS = _whole_number("CONTACT_YEARS", 3)  # a contact who has been followed by another
REGISTRATION_DAYS = _whole_number("REGISTRATION_DAYS", 365)  # the persons in an application, once it is decided
if CONTACT_YEARS < 0 or REGISTRATION_DAYS < 0:
    raise ImproperlyConfigured("CONTACT_YEARS and REGISTRATION_DAYS must be 0 or more.")

SESSION_ENGINE = "units.sessions"
SESSION_IDLE = timedelta(minutes=_whole_number("SESSION_MINUTES", 30))
SESSION_LONGEST = timedelta(hours=_whole_number("SESSION_HOURS", 12))
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="") if env.str("EMAIL_URL", "") else {}
if EMAIL_CONFIG.get("EMAIL_BACKEND") == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_CONFIG["EMAIL_BACKEND"] = "units.letters.Smtp"
vars().update(EMAIL_CONFIG)
MAIL_WORKS = bool(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", "no-reply@localhost")
SITE_URL = _url("SITE_URL", "http", "https").rstrip("/") or f"http://127.0.0.1:{PORT}"  # in letters
NOTICE_HOUR = _whole_number("NOTICE_HOUR", 8)  # when the letter of the day goes
if not 0 <= NOTICE_HOUR <= 23:
    raise ImproperlyConfigured(f"NOTICE_HOUR must be an hour from 0 to 23, not {NOTICE_HOUR}.")

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    BASE_DIR / "build" / "bundle",
    ("bootstrap", BASE_DIR / "node_modules" / "bootstrap" / "dist" / "css"),
]
SILENCED_SYSTEM_CHECKS = ["staticfiles.W004"]  # commands need no Bootstrap; `make run` fetches it before it serves
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "items": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files" / "items"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False  # our scripts and styles are for our pages
MEDIA_ROOT = DATA_DIR / "files"

# Files of items: which kinds are taken, how large one may be; in a folder, or in S3 where a bucket is named.
ATTACHMENT_KINDS = env.list("ATTACHMENT_KINDS", default=["docx", "xlsx", "pdf", "jpg", "png"])
ATTACHMENT_MB = _whole_number("ATTACHMENT_MB", 20)
if S3_BUCKET := env.str("S3_BUCKET", ""):
    from botocore.config import Config as BotoConfig  # slow to import, and of no use to a folder

    STORAGES["items"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": _url("S3_ENDPOINT", "http", "https") or None,
            "access_key": env.str("S3_KEY", ""),
            "secret_key": env.str("S3_SECRET", ""),
            "region_name": env.str("S3_REGION", "") or None,
            "default_acl": None,
            "file_overwrite": False,
            "client_config": BotoConfig(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}),
        },
    }
SIMILAR_DAYS = _whole_number("SIMILAR_DAYS", 400)  # so far apart may items be received that are told as alike
FILE_UPLOAD_HANDLERS = ["submissions.uploads.BoundedUpload"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # so that a text far too long comes back in its box with a sentence
DATA_UPLOAD_MAX_NUMBER_FILES = 10
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # a pasted list has four for each of its 500 lines

SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_FAILURE_VIEW = "units.views.sign_in.csrf_failed"
# A browser takes a cookie of such a name only over TLS and only from this very host.
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked by machines beside us, without TLS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its ticks and arrows as data: pictures
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
}
