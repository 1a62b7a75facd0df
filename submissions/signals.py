"""The one signal of the house: facts that count have changed (``item_ids``), in the transaction that changed them.

Listened to once, in ``scoring/apps.py``; submissions must not know scoring.
"""

from django.dispatch import Signal

facts_changed = Signal()
