"""The traces by which similar items are found, of all that went out.

Once after an update from a version without them, or with others; it may be run at any time, also while people work.
"""

from typing import Any

from django.core.management.base import BaseCommand

from submissions import similar


class Command(BaseCommand):
    help = "Keep the traces by which similar items are found, of all that went out (after an update)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{similar.index_all()} 条信息可以作为相近信息找到。")
