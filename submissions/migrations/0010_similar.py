"""The table of ``submissions.similar``, the same in each database, filled with what went out; and the answers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from submissions import similar
from submissions.similarity import Piece

# SQLite keeps such a table in the order of its key; PostgreSQL finds all in the index.
MADE = {
    "sqlite": "CREATE TABLE submissions_traces (trace integer, item integer, PRIMARY KEY (trace, item)) WITHOUT ROWID",
    "postgresql": "CREATE TABLE submissions_traces (trace bigint, item bigint, PRIMARY KEY (trace, item))",
}


def make(apps, schema_editor):
    schema_editor.execute(MADE[schema_editor.connection.vendor])
    item, revision = apps.get_model("submissions", "Item"), apps.get_model("submissions", "Revision")
    sent = revision.objects.filter(item=OuterRef("pk"), sent_at__isnull=False).order_by("-number")
    items = item.objects.filter(number__isnull=False).annotate(
        sent_title=Subquery(sent.values("title")[:1]), sent_text=Subquery(sent.values("text")[:1])
    )
    rows = items.order_by("pk").values_list("office", "pk", "title", "sent_title", "sent_text")
    similar.index(
        (office, pk, Piece(sent_title or title, text or ""))
        for office, pk, title, sent_title, text in rows.iterator(chunk_size=500)
    )


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE submissions_traces")


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0009_notices'),
        ('units', '0007_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(make, drop),
        migrations.CreateModel(
            name='Resemblance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('same', '重复'), ('continued', '续报'), ('no_matter', '不是一回事')], max_length=10, verbose_name='答复')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('earlier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='submissions.item')),
                ('later', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='submissions.item')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
            ],
            options={
                'verbose_name': '相近的答复',
                'constraints': [models.UniqueConstraint(fields=('earlier', 'later', 'unit'), name='resemblance_once'), models.CheckConstraint(condition=models.Q(('earlier__lt', models.F('later'))), name='resemblance_in_order'), models.CheckConstraint(condition=models.Q(('answer__in', ['same', 'continued', 'no_matter'])), name='resemblance_answer_legal')],
            },
        ),
    ]
