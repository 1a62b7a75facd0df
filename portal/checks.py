"""What may not be served to the open. Each finding says what to set; the start stops at the first command."""

from typing import Any

from django.conf import LazySettings, settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Advice
from django.core.exceptions import ImproperlyConfigured


def unfit_for_production(settings: LazySettings) -> list[str]:
    """Sentences about the settings that production must not have; none outside production."""
    if not settings.PRODUCTION:
        return []
    findings = []
    if not settings.SECRET_KEY_IS_OWN or len(settings.SECRET_KEY) < 40:
        findings.append(
            "SECRET_KEY is not set, or shorter than 40 characters. Set it to a long random text of your own."
        )
    if settings.DEBUG:
        findings.append("DEBUG is on. Remove it: its error pages show settings and data.")
    if settings.CELERY_TASK_ALWAYS_EAGER:
        findings.append("CELERY_EAGER is on. Remove it: jobs would run inside requests.")
    if not settings.DATABASE_URL.startswith("postgres"):
        findings.append("DATABASE_URL is not set to PostgreSQL. Set it to postgres://USER:PASSWORD@HOST/NAME.")
    if not settings.REDIS_URL:
        findings.append("REDIS_URL is not set. Set it to redis://HOST:6379/0.")
    if "*" in settings.ALLOWED_HOSTS or set(settings.ALLOWED_HOSTS) <= {"127.0.0.1", "localhost", "[::1]"}:
        findings.append(
            "ALLOWED_HOSTS does not name the site. Set it to the names it is reached by, with commas between."
        )
    if settings.MAIL_WORKS and settings.SITE_URL.startswith("http://127.0.0.1"):
        findings.append("SITE_URL is not set. Set it to https://HOST, where the links of letters lead.")
    return findings


def refuse_unfit() -> None:
    """Stop a server or a worker, which do not run Django's checks themselves. Raises ImproperlyConfigured."""
    if findings := unfit_for_production(settings):
        raise ImproperlyConfigured(" ".join(findings))


@register()
def production(app_configs: Any, **kwargs: Any) -> list[Error]:
    return [Error(finding, id="portal.E001") for finding in unfit_for_production(settings)]


@register()
def areas(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Pasted titles are read without counties then, which nobody would notice; aliases work as ever."""
    if settings.AREAS.is_file():
        return []
    told = f"{settings.AREAS} is not there, so titles that name a place are not recognised. Run make assets."
    return [Advice(told, id="portal.W001")]
