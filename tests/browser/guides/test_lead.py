"""docs/guides/lead.md: what technician lead and QC inspector do at their screens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, expect

from tests.browser.guides.conftest import Guide
from tests.browser.guides.store import at_work, choose, look_up
from tests.support.shop import PATIENCE, PHOTO, Shop, WorkOrder

Begin = Callable[[str, str], Guide]
FLOOR = "workshop_order.workshop_menu_floor"
BROKER = "mosquitto"


def people(shop: Shop) -> tuple[str, str, str]:
    """The lead, a technician, and an inspector who is neither."""
    lead = shop.login("technician_lead")
    inspector = shop.login("qc", other_than=[lead])
    return lead, shop.login("technician", other_than=[lead, inspector]), inspector


def node(guide: Guide, english: str, chinese: str) -> Locator:
    name = guide.say(english, chinese)
    buttons = guide.page.locator(".o_field_workshop_nodes button")
    return buttons.filter(has_text=name).first


def write_why(guide: Guide, text: str) -> None:
    field = guide.page.locator(".modal [name=note] textarea")
    field.click()
    field.fill(text)


def test_lead_follows_the_floor(guide: Begin, shop: Shop) -> None:
    lead, technician, inspector = people(shop)
    theirs, own = shop.receive(), shop.receive()
    desk = guide(lead, "lead")
    with at_work(shop, technician, theirs.job):
        look_at_the_floor(desk, theirs.name)
    work(desk, own.job)
    # What follows from it holds the order for a moment: its parts are issued.
    shop.wait_for(
        "the finished job",
        lambda: shop.manager.call("workshop.job", "read", [own.job], ["finished_at"])[
            0
        ]["finished_at"],
    )
    share(desk, shop.session(technician).name)
    # Whoever did the job does not pass it.
    expect(node(desk, "QC passed", "质检通过")).to_be_disabled()
    inspect(guide(inspector, "lead"), own.job)
    look_back(desk)


def look_at_the_floor(desk: Guide, name: str) -> None:
    page = desk.open("/odoo/work-orders", ".o_list_view")
    choose(page, FLOOR, "workshop_order.workshop_job_menu_floor")
    page.wait_for_selector(".o_kanban_group")
    expect(page.locator(".o_kanban_group")).to_have_count(5)
    desk.picture("floor")
    page.locator(".o_kanban_record", has_text=name).click()
    # Whose clock runs he alone goes on, and the screen says so.
    expect(node(desk, "Finish", "完工")).to_be_disabled()
    desk.picture("job", page.locator(".o_workshop_nodes"))


def work(desk: Guide, job: int) -> None:
    """Start, measure a value outside its limits, deal with it, and finish."""
    page = desk.open(f"/odoo/floor-jobs/{job}", ".o_field_workshop_nodes")
    node(desk, "Start", "开工").click()
    expect(node(desk, "Pause", "暂停")).to_be_enabled()
    measure(desk, node(desk, "Pause", "暂停"), "99")
    dialog = page.locator(".modal")
    dialog.locator("[name=reason_id] .o_radio_item input").first.check()
    desk.picture("confirm", dialog.locator("button[name=action_confirm]"))
    dialog.locator("button[name=action_confirm]").click()
    alert = page.locator(".alert-warning", has_text="99")
    expect(alert).to_be_visible()
    desk.picture("outside", alert.locator("button"))
    alert.locator("button").click()
    expect(dialog.locator("[name=step_id]")).to_be_visible()
    write_why(desk, desk.say("Tightened anew", "已重新拧紧"))
    desk.picture("redo", dialog.locator("button[name=action_settle]"))
    dialog.locator("button[name=action_settle]").click()
    expect(alert).to_have_count(0)
    node(desk, "Resume", "继续").click()
    expect(node(desk, "Finish", "完工")).to_be_enabled()
    measure(desk, node(desk, "Finish", "完工"), "20")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "done.jpg", "mimeType": "image/jpeg", "buffer": PHOTO}
    )
    expect(dialog.locator(".o_attachment, .o_attachments a").first).to_be_visible()
    dialog.locator("button[name=action_confirm]").click()
    expect(dialog).to_have_count(0)


def look_back(desk: Guide) -> None:
    """Who did the job, and the hours of all of them."""
    page = desk.page
    page.locator("button[name=action_open_responsibility]").click()
    page.wait_for_selector(".o_list_view .o_data_row")
    desk.picture("who")
    choose(page, FLOOR, "workshop_order.workshop_job_hours_menu")
    page.wait_for_selector(".o_list_view .o_data_row")
    page.click(".o_switch_view.o_pivot")
    page.wait_for_selector(".o_pivot table")
    desk.picture("hours")
    choose(page, FLOOR, "workshop_order.workshop_job_clock_menu")
    page.wait_for_selector(".o_list_view .o_data_row")
    desk.picture("times")


def measure(desk: Guide, button: Locator, value: str) -> None:
    """Open a node's dialog and check off its first measured step."""
    button.click()
    row = desk.page.locator(".modal [name=step_ids] .o_data_row", has_text="18 – 22")
    row.locator("[name=is_done]").click()
    row.locator("[name=is_done] input").check()
    row.locator("[name=value] input").fill(value)


def share(desk: Guide, other: str) -> None:
    desk.page.locator("[name=share_text] + button").click()
    dialog = desk.page.locator(".modal")
    rows = dialog.locator("[name=line_ids] .o_data_row")
    rows.first.locator("[name=percent]").click()
    rows.first.locator("[name=percent] input").fill("60")
    dialog.locator(".o_field_x2many_list_row_add a").click()
    look_up(desk.page, "user_id", other, ".modal .o_selected_row")
    dialog.locator(".o_selected_row [name=percent] input").fill("40")
    write_why(desk, desk.say("Agreed with both", "已与两人商定"))
    desk.picture("share", dialog.locator("button[name=action_share]"))
    dialog.locator("button[name=action_share]").click()
    expect(dialog).to_have_count(0)
    expect(desk.page.locator("[name=share_text]")).to_contain_text("40 %")


def inspect(desk: Guide, job: int) -> None:
    desk.open(f"/odoo/floor-jobs/{job}", ".o_field_workshop_nodes")
    fail = node(desk, "QC failed", "质检不合格")
    desk.picture("qc", node(desk, "QC passed", "质检通过"), fail)
    fail.click()
    dialog = desk.page.locator(".modal")
    dialog.locator("[name=reason_id] .o_radio_item input").first.check()
    desk.picture("qc-fail", dialog.locator("button[name=action_confirm]"))
    dialog.locator(".btn-close").click()
    node(desk, "QC passed", "质检通过").click()
    expect(desk.page.locator(".o_field_workshop_nodes button")).to_have_count(0)


@contextmanager
def broker_down(shop: Shop) -> Iterator[None]:
    """Bays record without their network meanwhile."""
    shop.stack.stop_service(BROKER)
    try:
        yield
    finally:
        shop.stack.start_service(BROKER)
        for number in (1, 2):
            shop.bay(number).wait(
                "that it is online",
                lambda view: view["connection"] == "online",
                PATIENCE,
            )


def test_lead_decides_and_corrects(guide: Begin, shop: Shop) -> None:
    lead, technician, _inspector = people(shop)
    wrong, late = shop.receive(), shop.receive()
    with at_work(shop, technician, wrong.job):
        hold(shop, lead, late)
        desk = guide(lead, "lead")
        decide(desk, late.name)
        correct(desk, wrong.name)
        [row] = shop.manager.call("workshop.job", "read", [wrong.job], ["phase"])
        assert row["phase"] == "waiting"


def hold(shop: Shop, login: str, late: WorkOrder) -> None:
    """A bay without its network records a start on an order cancelled meanwhile."""
    bay = shop.bay(1)
    shop.present(bay, login, late)
    with broker_down(shop):
        bay.wait("that it is offline", lambda view: view["connection"] == "offline")
        bay.confirm(late.job, "start")
        shop.advisor.call("workshop.order", "action_cancel", [late.id])
    shop.wait_for("the record", lambda: shop.events(late.id))
    bay.leave()


def decide(desk: Guide, name: str) -> None:
    page = desk.open("/odoo/floor-jobs", ".o_kanban_group")
    waiting = page.locator(".o_workshop_issues")
    expect(waiting).to_contain_text("1")
    desk.picture("waiting", waiting)
    waiting.click()
    row = page.locator(".o_data_row", has_text=name)
    expect(row).to_have_count(1)
    desk.picture("held", row.locator("button[name=action_decide]"))
    row.locator("button[name=action_decide]").click()
    dialog = page.locator(".modal")
    write_why(desk, desk.say("The car had left", "车已离店"))
    desk.picture("decide", dialog.locator("footer .btn-primary"))
    dialog.locator("button[name=action_set_aside]").click()
    expect(row).to_have_count(0)
    expect(waiting).to_have_count(0)


def correct(desk: Guide, name: str) -> None:
    page, dialog = desk.page, desk.page.locator(".modal")
    choose(page, "workshop_order.workshop_event_menu")
    page.locator(".o_data_row", has_text=name).first.click()
    page.wait_for_selector(".o_form_view")
    button = page.locator(".o_statusbar_buttons button[name=action_decide]")
    desk.picture("correct", button)
    button.click()
    write_why(desk, desk.say("Scanned the wrong sheet", "扫错了工单"))
    desk.picture("correct-why", dialog.locator("button[name=action_correct]"))
    dialog.locator("button[name=action_correct]").click()
    expect(page.locator(".o_form_view .alert-warning")).to_be_visible()
