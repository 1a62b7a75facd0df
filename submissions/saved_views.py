"""Filters that somebody keeps under a name of their own (视图)."""

from django.db import transaction

from submissions.models import SavedView
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused

MOST = 20  # of a person at an office


@transaction.atomic
def keep(office: Office, name: str, query: str, by: Account) -> None:
    """Keep what stands behind the question mark under a name, in place of what stood there. Raises Refused."""
    if not query:
        raise Refused("还没有选条件。先筛选，再保存为视图。")
    mine = SavedView.objects.filter(account=by, office=office)
    if mine.exclude(name=name).count() >= MOST:
        raise Refused(f"最多保存 {MOST} 个视图，请先删去不用的。")
    SavedView.objects.update_or_create(account=by, office=office, name=name, defaults={"query": query})
    record("保存视图", by=by, office=office.code, after={"name": name, "query": query})


@transaction.atomic
def drop(office: Office, name: str, by: Account) -> None:
    """Forget a name; twice is once."""
    SavedView.objects.filter(account=by, office=office, name=name).delete()
    record("删除视图", by=by, office=office.code, after={"name": name})
