"""What networks do between a bay and its servers."""

import random
import re

from tests.faults.bays import Bay
from tests.faults.network import Trouble
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from tests.faults.striking import disturbed

RESENT = "sent again"
LOST = "No connection to"


def _gated(
    name: str, trouble: Trouble, counter: str, seconds: tuple[float, float]
) -> None:
    @kind(name, "bay", sum(seconds) / 2 + 2)
    def disturb(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        network = run.stack.network
        before, size = bay.mqtt.seen[counter], bay.log_size()
        with run.loaded(bay):
            for gate in (bay.mqtt, bay.media):
                network.change(gate, trouble)
            waiting = disturbed(bay, 3, chance.uniform(*seconds))
            network.change(bay.media, "none")
        seen = bay.mqtt.seen[counter] - before
        if not seen:
            return None
        words = bay.logged(size, RESENT, LOST)
        said = {RESENT: ", a batch was resent", LOST: ", the connection was lost"}
        return Effect(f"bytes were {counter}{said.get(words or '', '')}", waiting)


_gated("network.down", "down", "refused", (2, 5))
_gated("network.one_way_up", "up_only", "held", (4, 9))
_gated("network.one_way_down", "down_only", "held", (4, 9))
_gated("network.delay_2s", "delay", "delayed", (4, 8))
_gated("network.half_open", "half_open", "held", (6, 17))
_gated("network.slow", "slow", "slowed", (3, 7))


@kind("network.reset_mid_packet", "bay", 4)
def reset(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    torn = bay.mqtt.seen["torn"]
    with run.loaded(bay):
        waiting = bay.waiting
        run.stack.network.change(bay.mqtt, "reset")
        bay.tap(4)
        seen = bay.wait(lambda: bay.mqtt.seen["torn"] > torn, 8)
    return Effect("a packet was torn", waiting) if seen else None


@kind("network.everyone_reconnects", "bridges", 4)
def herd(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    gates = [*(each.mqtt for each in run.bays), *run.stack.gates.values()]
    bay.wait(lambda: sum(bool(gate.writers) for gate in gates) > 4, 8)
    run.load_all(4)
    bay.wait(lambda: run.waiting() > 3, 4)
    waiting = run.waiting()
    cut = sum(run.stack.network.cut(gate) for gate in gates)
    return Effect("every connection was reset at once", waiting) if cut > 4 else None


@kind("network.loss_30_percent", "site", 9)
def lose(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """Of the packets in the bays' own network, both ways."""
    rule = (
        *("INPUT", "--in-interface", "lo", "--protocol", "tcp"),
        *("--match", "statistic", "--mode", "random", "--probability", "0.3"),
        *("--jump", "DROP"),
    )
    with run.loaded(bay):
        run.site.run("iptables", "--wait", "--append", *rule)
        run.release(bay)
        waiting = disturbed(bay, 6, chance.uniform(4, 8))
        listed = run.site.run(
            "iptables", "--wait", "--list", "INPUT", "--verbose", "--exact"
        )
        run.site.run("iptables", "--wait", "--delete", *rule)
    dropped = sum(int(n) for n in re.findall(r"^\s*(\d+)\s.*DROP", listed, re.M))
    return Effect("packets were lost", waiting) if dropped else None


@kind("network.slow_link", "site", 8)
def throttle(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """A token bucket of 16 kbit/s, as over a bad modem."""
    with run.loaded(bay):
        run.site.run(
            *("tc", "qdisc", "replace", "dev", "lo", "root", "tbf"),
            *("rate", "16kbit", "burst", "3000", "latency", "2s"),
        )
        run.release(bay)
        waiting = disturbed(bay, 6, chance.uniform(4, 7))
        listed = run.site.run("tc", "-s", "qdisc", "show", "dev", "lo")
        run.site.run("tc", "qdisc", "del", "dev", "lo", "root")
    over = sum(int(number) for number in re.findall(r"overlimits (\d+)", listed))
    return Effect("packets had to wait", waiting) if over else None
