"""Whether a job can be finished in a process, found out before anybody works by it."""

from workbay_contract.gates import GATES, OFFICE_GATES
from workbay_contract.process import Node, Process
from workbay_contract.refusal import Refusal

Place = tuple[str, bool]
Ways = dict[Place, set[Place]]


def problems(process: Process) -> list[Refusal]:
    """Why a job in this process could never be finished; empty when it can."""
    found = [problem for node in process.nodes for problem in _problems_of(node)]
    if not any(node.initial for node in process.nodes):
        return [Refusal(code="process_no_start"), *found]
    return found + _problems_on_the_way(process)


def _problems_on_the_way(process: Process) -> list[Refusal]:
    """What shows only by walking every way that a job could take."""
    ways = _ways(process)
    reached = {code for code, _running in ways}
    finishing = {
        (code, running)
        for code, running in ways
        if _is_final(process, code) and not running
    }
    found = []
    for node in process.nodes:
        places = {place for place in ways if place[0] == node.code}
        params = {"node": node.code}
        if node.code not in reached:
            led_to = any(
                node.code in other.next
                for other in process.nodes
                if other.code in reached
            )
            shut = led_to or node.initial
            code = "process_shut" if shut else "process_unreachable"
            found.append(Refusal(code=code, params=params))
        elif _is_final(process, node.code) and not places <= finishing:
            found.append(Refusal(code="process_clock_runs", params=params))
        elif any(not finishing & _closure(ways, place) for place in places):
            found.append(Refusal(code="process_dead_end", params=params))
    return found


def _problems_of(node: Node) -> list[Refusal]:
    """What makes a node impossible wherever it stands."""
    params = {"node": node.code}
    found = []
    if not node.roles:
        found.append(Refusal(code="process_nobody_may", params=params))
    found += [
        Refusal(code="process_unknown_gate", params={**params, "gate": gate})
        for gate in node.gates
        if gate not in GATES and gate not in OFFICE_GATES
    ]
    if {"own_job", "other_person"} <= set(node.gates):
        found.append(Refusal(code="process_gates_exclude", params=params))
    for items in (node.checklist, node.measurements):
        codes = [item.code for item in items]
        if len(set(codes)) != len(codes):
            found.append(Refusal(code="process_evidence_twice", params=params))
    found += [
        Refusal(
            code="process_limits",
            params={**params, "value": measurement.code},
        )
        for measurement in node.measurements
        if measurement.limit_min is not None
        and measurement.limit_max is not None
        and measurement.limit_min > measurement.limit_max
    ]
    return found


def _is_final(process: Process, code: str) -> bool:
    node = process.node(code)
    return node is not None and node.state == "qc_passed" and not node.next


def _ways(process: Process) -> Ways:
    """Where a job may stand (node, whether a clock runs), and what may follow."""
    nodes = {node.code: node for node in process.nodes}
    ways: Ways = {}
    waiting = {
        place
        for node in process.nodes
        if node.initial and (place := _step(node, False))
    }
    while waiting:
        place = waiting.pop()
        code, running = place
        ways[place] = {
            following
            for name in nodes[code].next
            if (following := _step(nodes[name], running))
        }
        waiting |= ways[place] - set(ways)
    return ways


def _step(node: Node, running: bool) -> Place | None:
    """Where a job stands after the node; None: nobody could confirm it here."""
    if running and node.clock == "start":
        return None
    if not running and "own_job" in node.gates:
        return None
    return node.code, node.clock == "start" or (running and node.clock == "keep")


def _closure(ways: Ways, start: Place) -> set[Place]:
    seen: set[Place] = set()
    waiting = {start}
    while waiting:
        place = waiting.pop()
        seen.add(place)
        waiting |= ways[place] - seen
    return seen
