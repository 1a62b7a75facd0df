"""What each kind of answer says to the browser, compared with a file: ``headers/`` as it is by default, and in production.

After a change on purpose: ``WRITE_HEADERS=1 pytest portal/tests/test_headers.py``, and read the difference.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import reverse

from reports.models import ReportRun, RunFile
from tests.world import PASSWORD

GOLDEN = Path(__file__).parent / "headers"
CHANGING = {"Content-Length", "ETag", "Last-Modified", "Expires", "Date"}
SECURITY = ("SESSION_COOKIE", "CSRF_COOKIE", "SECURE_", "X_FRAME", "CONTENT_SECURITY", "ALLOWED_HOSTS")
HOST = "xinxi.example.cn"
READ_SETTINGS = f"""
import json
from portal import settings
names = [name for name in dir(settings) if name.startswith({SECURITY!r})]
print(json.dumps({{name: getattr(settings, name) for name in names}}, default=str))
"""


def production() -> dict:
    """The settings that concern headers, as production computes them from its environment."""
    environment = {**os.environ, "PRODUCTION": "1", "ALLOWED_HOSTS": HOST, "SECRET_KEY": "x" * 50}
    command = [sys.executable, "-c", READ_SETTINGS]
    printed = subprocess.run(
        command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(printed.stdout)


def told(answer) -> str:
    lines = [str(answer.status_code)]
    lines += sorted(f"{name}: {_steady(value)}" for name, value in answer.headers.items() if name not in CHANGING)
    for cookie in sorted(answer.cookies.values(), key=lambda cookie: cookie.key):
        parts = [f"{name}={value}" for name, value in sorted(cookie.items()) if value and name != "expires"]
        lines.append(f"Set-Cookie: {cookie.key}=…; {'; '.join(parts)}")
    if answer.streaming:
        b"".join(answer)
    return "\n".join(lines) + "\n"


def _steady(value: str) -> str:
    """Without ids, and a policy's directives in an order of their own: django-csp has none."""
    if "; " in value and "-src" in value:
        return "; ".join(sorted(value.split("; ")))
    return re.sub(r"/o/jia/\S*\d\S*", "/o/jia/…", value)


def answers(world) -> dict[str, object]:
    """One answer of each kind."""
    how = {"secure": True, "headers": {"host": HOST, "x-forwarded-proto": "https"}}
    project.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    (project.MEDIA_ROOT / "x.docx").write_bytes(b"word")
    run = ReportRun.objects.create(office=world.office, kind="circular", period=world.q1, state="done")
    file = RunFile.objects.create(run=run, format="docx", name="通报.docx", path="x.docx", sha256="", size=4)
    stranger, manager = Client(**how), Client(raise_request_exception=False, **how)
    manager.force_login(world.manager)

    def at(name, *args):
        return reverse(name, args=["jia", *args])

    static = stranger.get("/static/app.css")
    return {
        "door": stranger.get(reverse("sign-in")),
        "signed-in": Client(**how).post(reverse("sign-in"), {"username": "sun", "password": PASSWORD}),
        "sent-to-the-door": stranger.get(at("home")),
        "form-kept-at-the-door": stranger.post(at("letterhead"), {"issuer": "x"}),
        "page": manager.get(at("home")),
        "piece": manager.get(at("report-runs"), headers={**how["headers"], "HX-Request": "true"}),
        "download": manager.get(at("report-file", file.pk)),
        "once-only": manager.get(manager.post(at("give-link", world.officer.pk)).url),
        "wrong-input": manager.post(at("letterhead"), {"kept_days": "x"}),
        "not-found": manager.get(at("item", 999999)),
        "bad-address": manager.get(at("items") + "?q=%00"),
        "wrong-method": manager.get(at("cancel-run", run.pk)),
        "signed-out": manager.post(reverse("sign-out")),
        "health": Client(headers={"host": HOST}).get("/healthz"),
        "static": static,
    }


@pytest.mark.parametrize("where", ["default", "production"])
def test_each_kind_of_answer_has_its_headers(world, settings, where, monkeypatch):
    settings.ALLOWED_HOSTS = [HOST]
    if where == "production":
        for name, value in production().items():
            setattr(settings, name, tuple(value) if name == "SECURE_PROXY_SSL_HEADER" else value)
    printed = {kind: told(answer) for kind, answer in answers(world).items()}
    file = GOLDEN / f"{where}.txt"
    text = "\n".join(f"== {kind}\n{headers}" for kind, headers in printed.items())
    if os.environ.get("WRITE_HEADERS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_production_sends_who_comes_without_tls_to_https_but_for_the_machines_beside_it(world, settings):
    for name, value in production().items():
        setattr(settings, name, tuple(value) if name == "SECURE_PROXY_SSL_HEADER" else value)
    client = Client(headers={"host": HOST})
    assert client.get("/accounts/login/").url == f"https://{HOST}/accounts/login/"
    assert client.get("/healthz").status_code == 200
