from typing import Any

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    name = "scoring"

    def ready(self) -> None:
        from scoring import ledger
        from submissions.signals import facts_changed

        def recount(sender: Any, item_ids: list[int], **kwargs: Any) -> None:
            ledger.recount(item_ids)

        facts_changed.connect(recount, weak=False, dispatch_uid="scoring.ledger.recount")
