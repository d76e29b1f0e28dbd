"""Loaded by every Python process of a mutated run: breaks one promise of the product.

``WORKBAY_MUTATION`` names the promise. Nothing of this is in the product: a module is
changed in memory, right after it was imported.
"""

import importlib.abc
import importlib.machinery
import os
import sys

OF_MODULE = {
    "puback": "edge_agent.conversation",
    "batch": "edge_agent.conversation",
    "savepoint": "odoo.addons.workshop_order.floor.record",
}


class _Mutant(importlib.abc.MetaPathFinder):
    def __init__(self, name):
        self._name = name

    def find_spec(self, module, path, target=None):
        if module != OF_MODULE[self._name]:
            return None
        spec = importlib.machinery.PathFinder.find_spec(module, path, target)
        load = spec.loader.exec_module

        def load_mutated(made):
            load(made)
            globals()[f"_{self._name}"](made)

        spec.loader.exec_module = load_mutated
        return spec


def _puback(conversation):
    """Take the broker's receipt for Odoo's word."""
    from workbay_contract.answers import Outcome, Outcomes

    talk = conversation.Conversation
    acked = talk.acked

    def acked_is_accepted(self, mid, code, now):
        kind = self._mids.get(mid)
        acked(self, mid, code, now)
        batch = self._batch
        if kind == "batch" and code == 0 and batch is not None:
            outcomes = tuple(
                Outcome(seq=seq, result="accepted", effect="applied")
                for seq in range(batch.first, batch.last + 1)
            )
            self._outbox.settle(
                Outcomes.model_construct(
                    seal=batch.seal,
                    outcomes=outcomes,
                    server_time=self._clock.mono_ms(),
                )
            )
            self._forget_batch()

    talk.acked = acked_is_accepted


def _batch(conversation):
    """Seal anew whatever waits each time that a batch is sent again."""
    from sqlalchemy import delete

    from edge_agent.tables import BatchRow

    talk = conversation.Conversation
    act = talk._act_on_batch

    def act_anew(self, send, now):
        due = self._delivery.due
        if self._batch and self._delivery.attempts and due is not None and due <= now:
            with self._outbox._write() as db:
                db.execute(delete(BatchRow))
            self._batch = self._outbox.open_batch()
        act(self, send, now)

    talk._act_on_batch = act_anew


def _savepoint(record):
    """Write events down in the call's one transaction, with nothing to fall back to."""
    from psycopg2 import OperationalError

    def record_without(env, sources):
        sources = [source for source in sources if source.facts]
        if not sources:
            return []
        try:
            return record._record_at_once(env, sources)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - as the original
            return list(record._narrow(env, sources, error))

    record.record = record_without


if name := os.environ.get("WORKBAY_MUTATION"):
    sys.meta_path.insert(0, _Mutant(name))
