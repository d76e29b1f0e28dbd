"""The story of one car, as deploy/up tells it, and what is left of it in Odoo."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.shop import Shop
from workbay_contract.wording import WORDING
from workbay_deploy.services import base_env
from workbay_deploy.stack import Stack
from workbay_deploy.story.errors import StoryError
from workbay_deploy.story_call import story_env


@dataclass(frozen=True)
class Told:
    """What the story printed, and the order that it was about."""

    text: str
    order: int


@pytest.fixture(scope="module")
def told(stack: Stack, shop: Shop) -> Iterator[Told]:
    chain = stack.chain
    done = subprocess.run(
        [chain.installed.python, "-m", "workbay_deploy.story"],
        env={**base_env(chain), **story_env(chain)},
        cwd=chain.installed.source,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    shop.forget_badges()  # the story had new ones printed
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"/odoo/work-orders/(\d+)\s*$", done.stdout)
    assert found, done.stdout
    yield Told(text=done.stdout, order=int(found[1]))


def test_every_step_has_its_line(told: Told) -> None:
    steps = [
        r"receives \S+ and opens \S+",
        r"authorises .+",
        "prints the sheet with its QR code",
        "prints two badges",
        "shows the badge to the camera of Bay 1",
        r"shows the sheet: \S+ is up",
        r"taps “start”: recorded at the bay as event \d+",
        r"answers event \d+: accepted",
        "takes a photo at Bay 1",
        r"taps “finish”: recorded at the bay as event \d+",
        r"answers event \d+: accepted",
        "shows the badge to the camera of Bay 1",
        r"shows the sheet: \S+ is up",
        "has verified the photo: “qc_pass” may follow",
        r"taps “qc_pass”: recorded at the bay as event \d+",
        r"answers event \d+: accepted",
        r"\d\d:\d\d:\d\dZ start by .+ at .+ \(applied\)",
        r"\d\d:\d\d:\d\dZ finish by .+ at .+, 1 photo \(applied\)",
        r"\d\d:\d\d:\d\dZ qc_pass by .+ at .+ \(applied\)",
    ]
    lines = [line for line in told.text.splitlines() if re.match(r"  \d\d:", line)]
    assert len(lines) == len(steps), told.text
    for line, step in zip(lines, steps, strict=True):
        assert re.fullmatch(rf"  \d\d:\d\d:\d\d  \S+ +{step}", line), line


def test_three_events_are_applied_by_the_right_persons_at_the_bay(
    told: Told, shop: Shop
) -> None:
    cast = shop.cast()
    events = shop.events(told.order)
    who = shop.manager.call(
        "res.users",
        "read",
        [event["user_id"][0] for event in events],
        ["login"],
    )
    logins = {row["id"]: row["login"] for row in who}
    bay = shop.bay(1).view()["bay"]
    assert [
        (event["node"], logins[event["user_id"][0]], event["bay_id"][1])
        for event in events
    ] == [
        ("start", cast.technician, bay),
        ("finish", cast.technician, bay),
        ("qc_pass", cast.inspector, bay),
    ]
    assert [event["effect"] for event in events] == ["applied"] * 3
    # The first link is what the customer agreed to.
    assert [event["chain_index"] for event in events] == [2, 3, 4]


def test_the_order_is_done_and_its_chain_holds(told: Told, shop: Shop) -> None:
    shop.wait_for(
        "the order to be done",
        lambda: shop.order(told.order, "state")["state"] == "done",
    )
    note = shop.advisor.call("workshop.order", "action_verify_evidence", [told.order])
    assert note["params"]["type"] == "success"


def test_the_photo_arrives_with_the_bytes_that_were_signed_for(
    told: Told, shop: Shop
) -> None:
    [finish] = [row for row in shop.events(told.order) if row["media_ids"]]
    assert finish["node"] == "finish"

    def media() -> dict[str, object]:
        [row] = shop.advisor.call(
            "workshop.media",
            "read",
            finish["media_ids"],
            ["state", "sha256", "attachment_id", "size"],
        )
        return dict(row)

    shop.wait_for("the photo", lambda: media()["state"] == "verified")
    photo = media()
    data = shop.advisor.download(f"/web/content/{photo['attachment_id'][0]}")
    assert hashlib.sha256(data).hexdigest() == photo["sha256"]
    assert len(data) == photo["size"]
    assert data.startswith(b"\xff\xd8")


def test_nothing_waits_at_the_bay(told: Told, shop: Shop) -> None:
    shop.bay(1).wait(
        "that all is sent",
        lambda view: view["waiting"] == {"events": 0, "media": 0, "media_stuck": 0},
    )


def test_who_did_the_work_cannot_pass_it(shop: Shop) -> None:
    order, bay = shop.receive(), shop.bay(1)
    login = shop.login("technician", "qc")
    person = shop.session(login)
    [spoken] = person.call("res.users", "read", [person.uid], ["lang"])
    shop.present(bay, login, order)
    bay.outcome(bay.confirm(order.job, "start"))
    shop.photo(bay)
    bay.outcome(bay.confirm(order.job, "finish"))
    [node] = [
        node
        for node in bay.view()["order"]["jobs"][0]["nodes"]
        if node["code"] == "qc_pass"
    ]
    words = WORDING["own_work"]
    assert not node["may"]
    assert node["refusal"]["text"] == words["en_US"]
    # A refusal is in the language of whoever stands there.
    with pytest.raises(StoryError, match=re.escape(words[spoken["lang"]])):
        bay.confirm(order.job, "qc_pass")
    bay.leave()
    assert [event["node"] for event in shop.events(order.id)] == ["start", "finish"]
