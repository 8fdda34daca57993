"""One settings file for every way of running Candour; what differs comes from the environment."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from config import environment, keys, webhook_events

ROOT = Path(__file__).resolve().parent.parent

# Where everything lives that is not code: database, files, keys, broker.
DATA_DIR = environment.folder("CANDOUR_DATA_DIR", ROOT / "var")
KEY_DIR = DATA_DIR / "keys"
FILE_DIR = DATA_DIR / "files"

PORT = environment.whole_number("PORT", 8000, least=1, most=65535)
HOST = environment.text("HOST", "127.0.0.1")
BASE_URL = environment.web_address("BASE_URL", f"http://localhost:{PORT}")
BASE_HOST = urlsplit(BASE_URL).hostname or "localhost"
ON_LOOPBACK = BASE_HOST in environment.LOOPBACK

DEBUG = False
SECRET_KEY = keys.secret(KEY_DIR)
ALLOWED_HOSTS = [BASE_HOST, *environment.LOOPBACK, "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXIES = environment.whole_number("TRUSTED_PROXIES", 0, least=0, most=5)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "audit",
    "clinic",
    "products",
    "consent",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.http.CompressedPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "config.http.PrivatePagesMiddleware",
    "config.http.ReadableAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "clinic.tenancy.TenancyMiddleware",
    "clinic.networks.StaffNetworkMiddleware",
    "config.http.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "django.contrib.auth.context_processors.auth",
                "clinic.context.clinic",
                "consent.views.tasks.counts",
            ],
            "builtins": ["config.templatetags.candour", "django.templatetags.i18n"],
        },
    },
]

DATABASES = {"default": environment.database("DATABASE_URL", DATA_DIR / "candour.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A cache in the database: shared by all processes, and a stopped Redis stops no sign-in and no signature.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "candour_cache"}}

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("cy", "Cymraeg"), ("ar", "العربية"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
UPLOAD_MAX_BYTES = 25 * 1024 * 1024

# Accounts: one mechanism for sign-in, second factor and lock-out.
AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "clinic.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
# Without it everybody behind a proxy shares one address, and one stranger's wrong passwords lock all of them out.
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_FORMS = {"change_password": "clinic.forms.sign_in.ChangePasswordForm"}
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    # Who sits down at an open session guesses no more often than who stands outside.
    "reauthenticate": "5/5m/user",
    "change_password": "5/5m/user",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate_webauthn": "clinic.forms.sign_in.SecondPasskeyForm",
    "login_webauthn": "clinic.forms.sign_in.PasskeyForm",
    "reauthenticate_webauthn": "clinic.forms.sign_in.SessionPasskeyForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ON_LOOPBACK
MFA_TOTP_ISSUER = "Candour"
# A code typed at the end of its half minute arrives in the next one (RFC 6238, 5.2: one step, no more).
MFA_TOTP_TOLERANCE = 1

SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not ON_LOOPBACK
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not ON_LOOPBACK:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
    "browsing-topics": [],
}

# The API: tokens only, JSON only, closed by default.
API_REQUESTS_PER_MINUTE = environment.whole_number("API_REQUESTS_PER_MINUTE", 600, least=10, most=100_000)
REST_FRAMEWORK = {
    # Every address says for itself who may (`clinic.rest.ApiView`); one that forgets lets nobody in.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"token": f"{API_REQUESTS_PER_MINUTE}/min"},
    "EXCEPTION_HANDLER": "config.problems.answer_api",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Candour",
    "VERSION": "1",
    "DESCRIPTION": "Product provenance and informed consent. One token opens one clinic.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    "POSTPROCESSING_HOOKS": ["clinic.rest.schema.close_bodies"],
}

# Webhooks: none unless a clinic names an address; one in the own network only where it is named here.
WEBHOOK_PRIVATE_HOSTS = frozenset(environment.text("WEBHOOK_PRIVATE_HOSTS", "").split())
WEBHOOK_EVENTS = webhook_events.EVENTS
WEBHOOK_THINGS = webhook_events.THINGS

# Mail: none unless a clinic names a server.
vars().update(environment.mail("EMAIL_URL"))
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", f"candour@{BASE_HOST}")

# Text messages: none unless whoever runs the installation names a gateway; used for one-time codes only.
SMS_URL = environment.text("SMS_URL")
SMS_FORMAT = environment.text("SMS_FORMAT", "json")
SMS_FIELDS = environment.sms_fields(SMS_URL, environment.text("SMS_FIELDS", "to={to}&text={text}"), SMS_FORMAT)
SMS_AUTHORIZATION = environment.text("SMS_AUTHORIZATION", "")

# Trusted time: none unless whoever runs the installation names a timestamp authority (RFC 3161).
TIMESTAMP_URL = environment.text("TIMESTAMP_URL")
TIMESTAMP_AUTHORIZATION = environment.text("TIMESTAMP_AUTHORIZATION")
TIMESTAMP_POLICY = environment.text("TIMESTAMP_POLICY")
TIMESTAMP_CRL_HOSTS = frozenset(environment.text("TIMESTAMP_CRL_HOSTS").split())
TIMESTAMP_ROOTS = environment.timestamp_roots(
    TIMESTAMP_URL, environment.text("TIMESTAMP_CA"), TIMESTAMP_AUTHORIZATION, TIMESTAMP_POLICY
)

# Background work: the database is the queue, the broker only rings the bell.
REDIS_URL = environment.redis_address("REDIS_URL")
BROKER_DIR = DATA_DIR / "broker"

# A patient's link lives this long; a reader of a link may guess a birth date this often.
PATIENT_LINK_DAYS = environment.whole_number("PATIENT_LINK_DAYS", 30, least=1, most=90)
CONSENT_AGE_LIMIT_DAYS = environment.whole_number("CONSENT_AGE_LIMIT_DAYS", 183, least=1, most=3650)
PATIENT_IDLE_MINUTES = environment.whole_number("PATIENT_IDLE_MINUTES", 30, least=5, most=120)
PATIENT_CODE_MINUTES = 10
PATIENT_CODES_AN_HOUR = 5
PATIENT_GUESSES = 5
PATIENT_GUESS_LOCK_MINUTES = 15

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "config.logs.SecretsFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},
    },
}
