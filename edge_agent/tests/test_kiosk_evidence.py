"""What a node asks for by itself, taken at the kiosk and judged before it counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from edge_agent.camera import CameraError, CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.kiosk import Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts
from workbay_contract.events import NodeEvent, decode_event
from workbay_contract.process import CheckItem, Measurement, Process

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay

URL = "http://127.0.0.1:8080"
DEPTH = Measurement(code="depth", name=kb.text("Depth", "深度"), limit_min=1.6)
NUTS = CheckItem(code="nuts", name=kb.text("Nuts", "螺母"))


class Kiosk:
    """A page where Li Wei works on a job that ends in a checklist and a signature."""

    def __init__(self, folder: Path) -> None:
        self.world = KioskBay.within(folder)
        demands = {
            "photos": 0,
            "checklist": (NUTS,),
            "measurements": (DEPTH,),
            "signature": "customer",
        }
        nodes = tuple(
            node.model_copy(update=demands) if node.code == "finish" else node
            for node in kb.process().nodes
        )
        self.world.send_board(processes={1: Process(code="repair", nodes=nodes)})
        app = build_app(
            self.world.bay,
            CameraFeed(self._no_camera),
            Notices(),
            allowed_hosts("127.0.0.1", 8080),
            typed=self.world.bay.scanned,
        )
        self.client = TestClient(app, base_url=URL, headers={"Origin": URL})

    @staticmethod
    def _no_camera() -> VirtualSource:
        raise CameraError("none")

    def begin(self) -> None:
        self.world.come()
        assert self.post("/api/confirm", job=kb.PADS, node="start").status_code == 200

    def post(self, path: str, **body: Any) -> Response:
        response: Response = self.client.post(path, json=body)
        return response

    def tick(self, item: str, value: str | None = None, **more: Any) -> Response:
        body = {"job": kb.PADS, "node": "finish", "item": item, "value": value, **more}
        return self.post("/api/tick", **body)

    def sign(self, data: bytes | None = None, **query: Any) -> Response:
        response: Response = self.client.post(
            "/api/signature",
            params={"job": kb.PADS, "node": "finish", **query},
            content=signature() if data is None else data,
            headers={"Content-Type": "image/jpeg"},
        )
        return response

    def finish(self) -> Response:
        return self.post("/api/confirm", job=kb.PADS, node="finish")

    def node(self) -> dict[str, Any]:
        order = self.client.get("/api/view?lang=en_US").json()["order"]
        [found] = [
            node
            for job in order["jobs"]
            for node in job["nodes"]
            if node["code"] == "finish"
        ]
        return dict(found)


def signature(x: int = 60) -> bytes:
    paper = np.full((220, 776, 3), 255, np.uint8)
    cv2.line(paper, (20, 40), (x, 180), (0, 0, 0), 5)
    done, data = cv2.imencode(".jpg", paper)
    assert done
    return data.tobytes()


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    kiosk = Kiosk(tmp_path)
    kiosk.begin()
    yield kiosk
    kiosk.world.close()


def test_the_node_is_open_and_says_what_it_asks_for(kiosk: Kiosk) -> None:
    node = kiosk.node()
    assert (node["may"], node["asks"]) == (False, True)
    assert [(each["code"], each["done"]) for each in node["demands"]] == [
        ("nuts", False),
        ("depth", False),
    ]
    assert (node["signer"], node["signed"]) == ("customer", None)


def test_all_of_it_travels_with_the_event(kiosk: Kiosk) -> None:
    kiosk.tick("nuts")
    kiosk.tick("depth", "2.4")
    sha256 = kiosk.sign().json()["sha256"]
    assert kiosk.node()["may"]
    assert kiosk.finish().status_code == 200
    [row, _start] = kiosk.world.outbox.recent(2)
    event = decode_event(row.data)
    assert isinstance(event, NodeEvent)
    assert [(tick.code, tick.value) for tick in event.ticks] == [
        ("nuts", None),
        ("depth", "2.4"),
    ]
    assert event.signature == sha256
    assert [media.sha256 for media in event.media] == [sha256]
    # It is folded with the board as Odoo will judge it.
    assert kiosk.world.bay.view().order.jobs[0].phase == "done"  # type: ignore[union-attr]


@pytest.mark.parametrize("missing", ["nuts", "depth", "signature"])
def test_what_is_missing_is_refused_and_records_nothing(
    kiosk: Kiosk, missing: str
) -> None:
    if missing != "nuts":
        kiosk.tick("nuts")
    if missing != "depth":
        kiosk.tick("depth", "2.4")
    if missing != "signature":
        kiosk.sign()
    answer = kiosk.finish()
    code = "signature_missing" if missing == "signature" else "checklist_missing"
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert len(kiosk.world.outbox.recent(5)) == 1


def test_a_value_outside_is_kept_as_measured_and_refused(kiosk: Kiosk) -> None:
    kiosk.tick("nuts")
    kiosk.sign()
    assert kiosk.tick("depth", "1.2").status_code == 200
    assert kiosk.node()["demands"][1]["outside"]
    assert kiosk.finish().json()["code"] == "measurement_outside"
    kiosk.tick("depth", "2")
    assert kiosk.finish().status_code == 200


def test_a_tick_is_taken_back(kiosk: Kiosk) -> None:
    kiosk.tick("nuts")
    assert kiosk.tick("nuts", done=False).status_code == 204
    assert not kiosk.node()["demands"][0]["done"]


def test_a_signature_is_replaced_and_no_photo(kiosk: Kiosk) -> None:
    first, second = (kiosk.sign(signature(x)).json()["sha256"] for x in (60, 700))
    assert kiosk.node()["signed"] == second
    assert kiosk.world.bay.photo(first) is None
    assert kiosk.client.get("/api/view").json()["photos"] == []


@pytest.mark.parametrize(
    ("item", "value"), [("wheels", None), ("nuts", "1"), ("depth", None)]
)
def test_what_the_node_does_not_ask_for_is_refused(
    kiosk: Kiosk, item: str, value: str | None
) -> None:
    assert kiosk.tick(item, value).status_code == 409


@pytest.mark.parametrize("value", ["", "1e3", "2,4", "NaN", "12345678901", "--1"])
def test_only_a_decimal_is_a_value(kiosk: Kiosk, value: str) -> None:
    assert kiosk.tick("depth", value).status_code == 422


def test_another_persons_evidence_is_not_this_ones(kiosk: Kiosk) -> None:
    kiosk.tick("nuts")
    sha256 = kiosk.sign().json()["sha256"]
    kiosk.world.bay.scanned(kb.badge(kb.SMITH))
    kiosk.world.bay.scanned(kb.badge())
    node = kiosk.node()
    assert (node["demands"][0]["done"], node["signed"]) == (False, None)
    assert kiosk.world.bay.photo(sha256) is None


@pytest.mark.parametrize(
    ("data", "query", "status"),
    [
        (b"no picture", {}, 409),
        (b"0" * (512 * 1024 + 1), {}, 413),
        (None, {"node": "DROP TABLE"}, 422),
        (None, {"job": "x"}, 422),
    ],
)
def test_what_is_no_signature_is_refused(
    kiosk: Kiosk, data: bytes | None, query: dict[str, str], status: int
) -> None:
    assert kiosk.sign(data, **query).status_code == status


def test_nobody_there_ticks_and_signs_nothing(kiosk: Kiosk) -> None:
    kiosk.post("/api/leave")
    assert kiosk.tick("nuts").json()["code"] == "scan_badge_first"
    assert kiosk.sign().json()["code"] == "scan_badge_first"


def test_the_job_looked_at_is_the_bays(kiosk: Kiosk) -> None:
    assert kiosk.post("/api/job", job=kb.WASH).status_code == 204
    assert kiosk.client.get("/api/view").json()["job"] == kb.WASH
    kiosk.post("/api/job", job=999)  # of no order here
    assert kiosk.client.get("/api/view").json()["job"] == kb.WASH


def test_where_phones_are_off_none_can_be_paired(kiosk: Kiosk) -> None:
    assert kiosk.client.get("/api/view").json()["phones"] is None
    assert kiosk.post("/api/phone").status_code == 404
