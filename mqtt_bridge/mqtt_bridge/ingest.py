"""Takes batches to Odoo and brings its signed answers back."""

import base64
import json
import logging
import re
import threading
import time
import zlib
from collections.abc import Callable
from typing import NamedTuple

from mqtt_bridge.ingest_queue import Bay, IngestQueue, Waiting
from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import (
    Answer,
    Backoff,
    Board,
    BridgeOdoo,
    OdooError,
    OdooFaultError,
    Reply,
)
from mqtt_bridge.worker import Worker
from workbay_contract import steps
from workbay_contract.batch import MAX_BATCH_BYTES

_logger = logging.getLogger(__name__)

_RESULTS = ("accepted", "rejected", "retry")
_SEAL = re.compile(rb'"seal":"([0-9a-f]{64})"')
_UUID = re.compile(rb'\\"uuid\\":\\"([0-9a-f-]{36})\\"')
"""An event's, in the string that it is within a canonical batch."""
_MAX_UNPACKED = 1024 * 1024

PublishAnswer = Callable[[Answer, int], None]
"""Publishes an answer, first at the broker of that number."""


class Ingest:
    """A few workers, each with one call out at a time."""

    def __init__(
        self,
        odoo: BridgeOdoo,
        queue: IngestQueue,
        publish_answer: PublishAnswer,
        offer_board: Callable[[Board], None],
        metrics: Metrics,
        calls: int,
    ) -> None:
        self._odoo = odoo
        self._queue = queue
        self._publish_answer = publish_answer
        self._offer_board = offer_board
        self._metrics = metrics
        self._workers = [
            Worker(f"ingest-{number}", _Caller(self)) for number in range(calls)
        ]

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    def stop(self, timeout: float) -> None:
        """End after the calls that are out, whose answers are still published."""
        deadline = time.monotonic() + timeout
        for worker in self._workers:
            worker.signal()
        self._queue.wake()
        for worker in self._workers:
            worker.stop(max(0.0, deadline - time.monotonic()))

    def receive(self, bay: Bay, payload: bytes, broker: int) -> None:
        """From a network thread: bounds only, and into the queue."""
        if len(payload) > MAX_BATCH_BYTES:
            self._metrics.count("dropped", reason="oversize")
            _logger.warning("Batch of %d bytes from bay %s", len(payload), bay.bay)
        elif not self._queue.offer(bay, payload, broker):
            self._metrics.count("dropped", reason="queue_full")

    def call(self, batches: list[Waiting]) -> None:
        """:raises OdooError: the batches are back in the queue."""
        texts, sent = [], []
        for waiting in batches:
            try:
                texts.append(waiting.payload.decode())
            except UnicodeDecodeError:
                self._metrics.count("dropped", reason="not_text")
                _logger.warning("Batch that is not UTF-8 from bay %s", waiting.bay.bay)
                continue
            sent.append(waiting)
        steps.reached("bridge.ingest.before_call")
        try:
            reply = self._odoo.ingest(texts) if texts else None
        except OdooError as error:
            self._queue.give_back(batches, suspect=isinstance(error, OdooFaultError))
            raise
        except BaseException:  # whatever it was, no bay may stay closed for ever
            self._queue.settle(batches)
            raise
        steps.reached("bridge.ingest.after_call")
        try:
            # Before the bays are open again: a batch that comes in now is new.
            if reply:
                self._answer(reply, sent)
            steps.reached("bridge.ingest.answered")
        finally:
            self._queue.settle(batches)

    def _answer(self, reply: Reply, sent: list[Waiting]) -> None:
        by_bay = {waiting.bay: waiting for waiting in sent}
        for answer in reply.answers:
            asked = by_bay.get(Bay(answer.partition, answer.bay))
            self._publish_answer(answer, asked.broker if asked else 0)
            self._note(answer, asked)
        for board in reply.boards:
            self._offer_board(board)

    def take(self) -> list[Waiting]:
        return self._queue.take(timeout=1.0)

    def _note(self, answer: Answer, waiting: Waiting | None) -> None:
        seconds = time.monotonic() - waiting.received if waiting else 0.0
        self._metrics.lag(seconds)
        summary = summarise(answer.message)
        for result, number in summary.results.items():
            self._metrics.count("events", number, result=result)
        if not summary.results:
            self._metrics.count("batches_refused")
        _logger.info(
            "Batch answered",
            extra={
                "fields": {
                    "device": answer.device,
                    "bay": answer.bay,
                    "partition": answer.partition,
                    "seal": summary.seal,
                    "events": list_uuids(waiting.payload) if waiting else [],
                    "ms": round(seconds * 1000),
                    **summary.results,
                }
            },
        )


class _Caller:
    """One worker's step, with its own patience."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._backoff = Backoff()

    def __call__(self, stop: threading.Event) -> None:
        batches = self._ingest.take()
        if not batches:
            return
        try:
            self._ingest.call(batches)
        except OdooError as error:
            pause = self._backoff.failed(error)
            _logger.warning(
                "Ingest of %d batches failed, again in %.1f s: %s",
                len(batches),
                pause,
                error,
            )
            stop.wait(pause)
        else:
            self._backoff.succeeded()


def list_uuids(payload: bytes) -> list[str]:
    """The events that a batch claims to hold, for logs: nothing else hangs on it."""
    return [found.decode() for found in _UUID.findall(payload)]


class Summary(NamedTuple):
    """What an answer says, for figures and logs."""

    seal: str | None
    results: dict[str, int]


def summarise(message: str) -> Summary:
    """Count an answer's outcomes without reading or judging it: that is the bay's."""
    try:
        body = zlib.decompressobj().decompress(
            base64.b64decode(json.loads(message)["body"]), _MAX_UNPACKED
        )
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error):
        return Summary(None, {})
    seal = _SEAL.search(body)
    counts = {name: body.count(b'"result":"%s"' % name.encode()) for name in _RESULTS}
    return Summary(
        seal[1].decode() if seal else None,
        {name: number for name, number in counts.items() if number},
    )
