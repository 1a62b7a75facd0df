"""The tables of ``submissions.search``, each in its database's own way, filled with what is there."""

from django.db import migrations
from django.db.models import OuterRef, Subquery

from submissions import search

MADE = {
    "sqlite": ["CREATE VIRTUAL TABLE submissions_words USING fts5(pairs, tokenize = 'unicode61')"],
    "postgresql": [
        "CREATE TABLE submissions_words (id bigint PRIMARY KEY, pairs tsvector NOT NULL)",
        "CREATE INDEX submissions_words_pairs ON submissions_words USING gin (pairs)",
    ],
}


def make(apps, schema_editor):
    for statement in MADE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
    item, revision = apps.get_model("submissions", "Item"), apps.get_model("submissions", "Revision")
    sent = revision.objects.filter(item=OuterRef("pk"), sent_at__isnull=False).order_by("-number")
    items = item.objects.annotate(text=Subquery(sent.values("text")[:1])).values_list("pk", "title", "text")
    search.index((pk, f"{title}\n{text or ''}") for pk, title, text in items.iterator())


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE submissions_words")


class Migration(migrations.Migration):
    dependencies = [("submissions", "0005_editors_desk")]
    operations = [migrations.RunPython(make, drop)]
