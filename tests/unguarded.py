"""A server whose editors decide without a guard, for the test that shows what the guard is for (a gunicorn config)."""

import time
from typing import Any


def post_worker_init(worker: Any) -> None:
    from submissions import decisions
    from submissions.models import Item, ItemEvent
    from submissions.permissions import may_move
    from submissions.states import MOVES
    from units.models.units import OfficeQuerySet
    from units.verdicts import Refused

    def unguarded(item: Item, name: str, by: Any, reason: str = "", themes: Any = None) -> Item:
        """The verdict on the item as it was read, then the write: whatever came between is not asked about."""
        if not (verdict := may_move(by, item, name)):
            raise Refused(verdict.reason)
        time.sleep(0.5)
        Item.objects.filter(pk=item.pk).update(state=MOVES[name].target)
        ItemEvent.objects.create(item=item, actor=by, move=name, was=item.state, now=MOVES[name].target, reason=reason)
        return item

    decisions.move = unguarded
    decisions.decide = decisions.decide.__wrapped__  # without the transaction, which on SQLite waits by itself
    OfficeQuerySet.hold = lambda self, pk: None

    import submissions.views.queue

    submissions.views.queue.decide = decisions.decide
