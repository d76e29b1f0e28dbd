"""What becomes of a bay when something of ours fails between Odoo and its answer."""

from uuid import UUID

import pytest

from mqtt_bridge.ingest import Ingest
from mqtt_bridge.ingest_queue import Bay, IngestQueue, Limits
from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import Answer, BridgeOdoo, Reply

BAY = Bay(1, UUID(int=7))


class Answering(BridgeOdoo):
    """Odoo as it answers every bay that asks."""

    def __init__(self) -> None:
        pass

    def ingest(self, batches: list[str]) -> Reply:
        answer = Answer(
            device="dev-bay-0007", bay=BAY.bay, partition=BAY.partition, message="{}"
        )
        return Reply(answers=(answer,) * len(batches))


def test_no_bay_stays_closed_when_its_answer_cannot_be_published() -> None:
    queue = IngestQueue(Limits())
    published = []

    def publish(answer: Answer, broker: int) -> None:
        published.append(answer)
        if len(published) == 1:
            raise RuntimeError("the client is in no state for it")

    ingest = Ingest(Answering(), queue, publish, print, Metrics(), calls=1)
    ingest.receive(BAY, b"{}", 0)
    with pytest.raises(RuntimeError):
        ingest.call(ingest.take())
    ingest.receive(BAY, b"{}", 0)
    ingest.call(ingest.take())
    assert len(published) == 2
