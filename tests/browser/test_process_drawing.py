"""HQ draws a process at the screen, and is told why it cannot be released."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop
from workbay_deploy.story.odoo_web import OdooWeb

HQ = "chen.guoqiang@workbay.example"
SERVICE = "BATTERY"
AtDesk = Callable[[str], Screen]
English = frozenset[str]
WORDS = {
    "technician": ("Technician", "技师"),
    "qc": ("QC", "质检"),
    "own": ("Only who works", "仅限"),
    "other": ("Nobody who worked", "除外"),
    "passed": ("QC Passed", "质检通过"),
    "gate": ("nobody who did", "互相矛盾"),
    "end": ("never be finished", "流程无法完成"),
    "nobody": ("Nobody may confirm", "没有人可以确认"),
}


@pytest.fixture
def release(shop: Shop) -> Iterator[int]:
    """HQ's draft; one that is never released leaves nothing behind."""
    hq = shop.session(HQ)
    # Later than any release that another test has put in force.
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=30)
    made = hq.call(
        "workshop.release", "create", {"name": "Wash", "effective_on": f"{day}"}
    )
    yield made
    shop.forget_session(HQ)
    shop.session(HQ).call("workshop.release", "unlink", [made])


def test_what_could_never_be_finished_is_refused_with_the_reason(
    at_desk: AtDesk, shop: Shop, release: int, english: English, lang: str
) -> None:
    screen = at_desk(HQ)
    page = screen.open("/odoo/workshop-processes/new", ".o_form_view")
    page.fill("[name=name] input", f"洗车流程 {lang}")
    page.fill("[name=code] input", f"wash_{lang[:2]}")
    draw(page, "开始", "begin", word("technician", lang))
    draw(page, "通过", "passed", word("qc", lang))
    page.click(".o_form_button_save")
    expect(page.locator(".o_form_button_save")).to_be_hidden()
    screen.check("process-begun", english)
    process = int(page.url.rpartition("/")[2].partition("?")[0])
    use(shop.session(HQ), release, process)

    # A node that leads nowhere.
    with node(page, 0) as dialog:
        dialog.locator("[name=is_initial] input").check()
    refused(screen, release, process, word("end", lang), "process-dead-end", english)
    with node(page, 0) as dialog:
        tag(page, dialog, "next_ids", "通过")
    with node(page, 1) as dialog:
        choose(page, dialog, "state", word("passed", lang))
    expect(page.locator(".alert-warning")).to_have_count(0)

    # A gate that nobody can open: who did it, and who did not.
    with node(page, 1) as dialog:
        tag(page, dialog, "gate_ids", word("own", lang))
        tag(page, dialog, "gate_ids", word("other", lang))
        screen.check("process-node", english)
    refused(screen, release, process, word("gate", lang), "process-gate", english)
    with node(page, 1) as dialog:
        gates = dialog.locator("[name=gate_ids] .o_tag")
        for left in (1, 0):
            gates.first.locator(".o_delete").click()
            expect(gates).to_have_count(left)
    screen.check("process-ungated", english)
    expect(page.locator(".alert-warning")).to_have_count(0)

    # A node that nobody may confirm.
    with node(page, 1) as dialog:
        dialog.locator("[name=role_ids] .o_delete").first.click()
    refused(screen, release, process, word("nobody", lang), "process-nobody", english)


def use(hq: OdooWeb, release: int, process: int) -> None:
    """Have one service of the draft go by the process."""
    versions = hq.call(
        "workshop.service.version",
        "search",
        [("release_id", "=", release), ("service_id.code", "=", SERVICE)],
    )
    hq.call("workshop.service.version", "write", versions, {"process_id": process})


def refused(
    screen: Screen, release: int, process: int, said: str, shot: str, english: English
) -> None:
    """The drawing says what is wrong, and the release says it again."""
    page = screen.page
    expect(page.locator(".alert-warning [name=problems]")).to_contain_text(said)
    screen.check(shot, english)
    screen.open(f"/odoo/workshop-releases/{release}", ".o_form_view")
    page.click("button[name=action_release]")
    page.locator(".modal-footer .btn-primary").click()
    dialog = page.locator(".modal", has_text=said)
    expect(dialog).to_be_visible()
    screen.errors.clear()  # the refusal is the server's answer
    screen.check(f"{shot}-refused", english)
    dialog.locator(".modal-footer .btn-primary").click()
    expect(page.locator("button[name=action_release]")).to_be_visible()
    # Odoo shows what the browser remembers first. A dialog opened before the server's
    # answer to it would be edited in vain.
    with page.expect_response("**/web_read"):
        screen.open(
            f"/odoo/workshop-processes/{process}", "[name=node_ids] .o_data_row"
        )


def draw(page: Page, name: str, code: str, role: str) -> None:
    """A further node, as far as it can be told before the process is saved."""
    page.locator("[name=node_ids] .o_field_x2many_list_row_add a").click()
    dialog = page.locator(".modal")
    dialog.locator("[name=name] input").fill(name)
    dialog.locator("[name=code] input").first.fill(code)
    tag(page, dialog, "role_ids", role)
    dialog.locator(".o_form_button_save").first.click()
    expect(dialog).to_have_count(0)


@contextmanager
def node(page: Page, place: int) -> Iterator[Locator]:
    """A node of the drawing, open in its dialog; saved with the process in the end."""
    rows = page.locator("[name=node_ids] .o_data_row")
    rows.nth(place).locator("td[name=name]").click()
    dialog = page.locator(".modal")
    expect(dialog.locator("[name=role_ids]")).to_be_visible()
    yield dialog
    dialog.locator(".o_form_button_save").first.click()
    expect(dialog).to_have_count(0)
    page.click(".o_form_button_save")
    expect(page.locator(".o_form_button_save")).to_be_hidden()


def tag(page: Page, dialog: Locator, field: str, text: str) -> None:
    tags = dialog.locator(f"[name={field}] .o_tag")
    before = tags.count()
    dialog.locator(f"[name={field}] input").click()
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()
    expect(tags).to_have_count(before + 1)


def choose(page: Page, dialog: Locator, field: str, text: str) -> None:
    dialog.locator(f"[name={field}] input").click()
    page.locator(".o_select_menu_item", has_text=text).first.click()


def word(which: str, lang: str) -> str:
    return WORDS[which][lang == "zh_CN"]
