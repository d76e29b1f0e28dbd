"""A tap → "recorded" on the screen; a change of the office → on the screen.

A real browser at a real bay of a running chain: taps are the browser's own touches, at
moments drawn by the seed, and what counts is the time from the finger's leaving the
glass (before, it may still slide off) to the frame that shows it. Pages are loaded
with the processor throttled as a Raspberry Pi's would be against this machine's. The
chain's server, which stands elsewhere, works here when nobody at the bay does.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
from playwright.sync_api import Browser, CDPSession, Page, TimeoutError

from tests.bench import _report
from tests.support.chromium import chromium
from tests.support.shop import Shop, WorkOrder
from workbay_deploy.stack import Stack

SCREEN = {"width": 800, "height": 480}
BAY = 1
WARM_TAPS = 5
"""First taps of a bay that has just started; made but not counted."""
THROTTLE = 6
LOADS = 5
LOST_MS = 2000.0
MOST_AGAIN = 5
SETTLE = (0.1, 0.2)
"""Seconds between what is shown and the finger, at random within."""
STAY = (0.05, 0.1)
"""Seconds that a finger stays on the glass, at random within."""
TOUCHED = "Input.dispatchTouchEvent"
PAUSE = 1.0
"""Seconds between two changes of the office, on average."""

PAINTED = """() => {
    // From a finger's going up until the frame that shows what is waited for is out.
    let since = 0;
    const frame = () => new Promise((go) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => go(performance.now());
        channel.port2.postMessage(null);
    }));
    window.taps = [];
    document.addEventListener("pointerup", (event) => {
        since = event.target.closest("main.done") ? 0 : event.timeStamp;
    }, { capture: true });
    new MutationObserver(async () => {
        if (!since || !document.querySelector("main.done")) return;
        const begun = since;
        since = 0;
        window.taps.push((await frame()) - begun);
    }).observe(document, { childList: true, subtree: true });
    window.shown = {};
    new MutationObserver(() => {
        const said = document.querySelector(".said h2")?.textContent;
        if (said && !(said in window.shown)) window.shown[said] = Date.now();
    }).observe(document, { childList: true, subtree: true });
}"""

USABLE = """() => {
    const look = new MutationObserver(() => {
        if (!document.querySelector("main")) return;
        look.disconnect();
        requestAnimationFrame(() => { window.usable = performance.now(); });
    });
    look.observe(document, { childList: true, subtree: true });
}"""

MIDDLE = """(target) => {
    const box = document.querySelector(target)?.getBoundingClientRect();
    return box ? [box.x + box.width / 2, box.y + box.height / 2] : null;
}"""

SIZES = """() => [
    ...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource"),
].filter((entry) => !new URL(entry.name).pathname.startsWith("/api/"))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""


def main() -> int:
    options = _options()
    with Stack.from_environment(bays=BAY) as stack, chromium() as browser:
        _give_way(stack)
        shop = Shop(stack)
        order = shop.receive()
        url = stack.chain.kiosk_url(BAY)
        _report.note(f"{LOADS} loads, throttled {THROTTLE} × …")
        usable, sizes = zip(*(_load(browser, url) for _ in range(LOADS)), strict=True)
        with _page(browser, url, PAINTED) as page:
            shop.present(shop.bay(BAY), shop.login("technician"), order)
            page.wait_for_selector("main.order")
            shop.bay(BAY).put_away()  # nobody holds a badge up while he taps
            _report.note(f"{options.taps} taps …")
            taps, asked_again = _tap(page, options.taps, options.seed)
            _report.note(f"{options.changes} changes of the office …")
            shown = _change(page, shop, order, options.changes, options.seed)
        shop.wait_for(
            "every outcome",
            lambda: shop.bay(BAY).view()["waiting"]["events"] == 0,
        )
        known = shop.events(order.id)
    lost = options.taps + WARM_TAPS - len(known)
    wrong = sum(event["effect"] != "applied" for event in known)
    _report.show(
        {
            "tap_p50_ms": _report.percentile(taps, 0.50),
            "tap_p99_ms": _report.percentile(taps, 0.99),
            "taps": len(taps),
            "asked_again": asked_again,
            "board_p50_ms": _report.percentile(shown, 0.50),
            "board_p95_ms": _report.percentile(shown, 0.95),
            "page_kb": max(sizes) / 1024,
            "usable_ms": max(usable),
            "lost": lost,
            "wrong_outcomes": wrong,
        },
        options.json,
    )
    return 1 if lost or wrong else 0


def _give_way(stack: Stack) -> None:
    """Let the server's work for the last tap not hold up the next one."""
    server = [pid for name, pid in stack.processes().items() if name != f"bay-{BAY}"]
    for pid in (*server, *stack.chain.cluster.pids()):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            process = psutil.Process(pid)
            for each in (process, *process.children(recursive=True)):
                for thread in each.threads():
                    os.sched_setscheduler(thread.id, os.SCHED_IDLE, os.sched_param(0))


@contextmanager
def _page(browser: Browser, url: str, script: str) -> Iterator[Page]:
    """A bay's page in a browser that has seen nothing yet."""
    context = browser.new_context(viewport=SCREEN, has_touch=True)
    page = context.new_page()
    page.add_init_script(f"({script})()")
    page.goto(f"{url}/?lang=en_US")
    yield page
    context.close()


def _load(browser: Browser, url: str) -> tuple[float, float]:
    """Milliseconds until somebody may use the page, and bytes that it took."""
    context = browser.new_context(viewport=SCREEN, has_touch=True)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    page.add_init_script(f"({USABLE})()")
    page.goto(f"{url}/?lang=en_US")
    page.wait_for_function("() => window.usable")
    taken = page.evaluate("() => window.usable"), page.evaluate(SIZES)
    context.close()
    return taken


def _tap(page: Page, taps: int, seed: int) -> tuple[list[float], int]:
    """Begin, pause, go on, pause …: each ends in a record.

    :return: milliseconds of each, and how often one had to be asked for once more
        because the question went away under the finger.
    """
    chance = random.Random(f"{seed} taps")
    glass = page.context.new_cdp_session(page)
    asked_again = 0
    for number in range(WARM_TAPS + taps):
        asked_again += _record(page, glass, number, chance)
        page.tap("main.done")
        page.wait_for_selector("main.order")
    times: list[float] = page.evaluate("() => window.taps")
    return sorted(times[WARM_TAPS:]), asked_again


def _record(page: Page, glass: CDPSession, number: int, chance: random.Random) -> int:
    for again in range(MOST_AGAIN):
        target = "button.node.primary"
        if number % 2:
            page.tap("button[data-node=pause]")
            target = ".reasons button"
        _touch(page, glass, target, chance)
        try:
            page.wait_for_function(
                "number => window.taps.length > number", arg=number, timeout=LOST_MS
            )
        except TimeoutError:
            continue
        return again
    raise RuntimeError("the bay does not record")


def _touch(page: Page, glass: CDPSession, target: str, chance: random.Random) -> None:
    """A finger, which knows nothing of the screen's frames.

    Playwright's own ``tap`` looks at its target frame by frame, and its touches fall
    into step with them: each then waits for nearly a whole frame. Its ``touchscreen``
    lifts the finger when the page has answered to its coming, at once or late.
    """
    # Looked up and measured at once: each view of the bay's draws its buttons anew.
    middle = page.wait_for_function(MIDDLE, arg=target).json_value()
    time.sleep(chance.uniform(*SETTLE))
    point = dict(zip("xy", middle, strict=True))
    glass.send(TOUCHED, {"type": "touchStart", "touchPoints": [point]})
    time.sleep(chance.uniform(*STAY))
    glass.send(TOUCHED, {"type": "touchEnd", "touchPoints": []})


def _change(
    page: Page, shop: Shop, order: WorkOrder, changes: int, seed: int
) -> list[float]:
    """Milliseconds from before the office's call until the bay shows what it wrote."""
    chance = random.Random(f"{seed} office")
    begun: dict[str, float] = {}

    def write(text: str) -> None:
        begun[text] = time.time() * 1000
        shop.manager.call("workshop.order", "write", [order.id], {"complaint": text})

    write("Squeaks")
    while not page.locator(".said").count():
        # The customer's words come before the steps, once the bay knows of them.
        page.tap("button.procedure")
        page.wait_for_timeout(500)
        if not page.locator(".said").count():
            page.tap("button.back")
    del begun["Squeaks"]
    for number in range(changes):
        # At moments that no rhythm of boards is tied to.
        time.sleep(chance.uniform(0, 2 * PAUSE))
        text = f"Change {number}"
        write(text)
        page.wait_for_function("text => text in window.shown", arg=text)
    shown: dict[str, float] = page.evaluate("() => window.shown")
    return sorted(shown[text] - at for text, at in begun.items())


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--taps", type=int, default=300)
    parser.add_argument("--changes", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
