"""What the door is measured against: Django's own sign-in, sessions in the database, and nothing else.

``python -m benchmarks.bare_door`` makes its database and twenty accounts; as a WSGI application it serves.
"""

import os
from pathlib import Path

import django
from django.conf import settings

DATA = Path(os.environ["DATA_DIR"])
settings.configure(
    SECRET_KEY="bare" * 13,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="benchmarks.bare_door",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.locmem.Loader", {"login.html": "{% csrf_token %}{{ form }}"})]
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "bare.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    },
    LOGIN_REDIRECT_URL="/done/",
)
django.setup()

from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="login.html")),
    path("done/", lambda request: HttpResponse("done")),
    path("healthz", lambda request: HttpResponse("ok")),
]
application = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    hashed = make_password(os.environ["DEMO_PASSWORD"])
    User.objects.bulk_create([User(username=f"person{i}", password=hashed) for i in range(20)])
