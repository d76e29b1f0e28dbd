import pytest

from workbay_contract import soundness
from workbay_contract.process import CheckItem, Measurement, Node, Process
from workbay_contract.wording import WORDING

from .making import STANDARD, node


def test_the_standard_process_can_be_finished() -> None:
    assert soundness.problems(STANDARD) == []


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ((node("a", state="qc_passed"),), "process_no_start"),
        (
            (
                node("a", initial=True, state="qc_passed"),
                node("b", state="qc_passed"),
            ),
            "process_unreachable",
        ),
        ((node("a", initial=True),), "process_dead_end"),
        (
            (node("a", initial=True, state="qc_passed", roles=()),),
            "process_nobody_may",
        ),
        (
            (node("a", initial=True, state="qc_passed", gates=("eclipse",)),),
            "process_unknown_gate",
        ),
        # Nobody works on the job when the node's turn comes, or somebody still does.
        (
            (node("a", initial=True, state="qc_passed", gates=("own_job",)),),
            "process_shut",
        ),
        (
            (
                node("a", initial=True, clock="start", next=("b",)),
                node("b", clock="start", next=("c",)),
                node("c", clock="stop", state="qc_passed"),
            ),
            "process_shut",
        ),
        (
            (
                node("a", initial=True, clock="start", next=("b",)),
                node("b", state="qc_passed"),
            ),
            "process_clock_runs",
        ),
        (
            (
                node(
                    "a",
                    initial=True,
                    state="qc_passed",
                    gates=("own_job", "other_person"),
                ),
            ),
            "process_gates_exclude",
        ),
        (
            (
                node(
                    "a",
                    initial=True,
                    state="qc_passed",
                    checklist=(CheckItem(code="x", name={"en_US": "X"}),) * 2,
                ),
            ),
            "process_evidence_twice",
        ),
        (
            (
                node(
                    "a",
                    initial=True,
                    state="qc_passed",
                    measurements=(
                        Measurement(
                            code="x", name={"en_US": "X"}, limit_min=2, limit_max=1
                        ),
                    ),
                ),
            ),
            "process_limits",
        ),
    ],
)
def test_a_process_that_cannot_be_finished_says_why(
    nodes: tuple[Node, ...], code: str
) -> None:
    problems = soundness.problems(Process(code="x", nodes=nodes))
    assert code in {problem.code for problem in problems}
    assert {problem.code for problem in problems} <= set(WORDING)


def test_a_way_on_which_the_clock_never_stops_is_found_beside_good_ones() -> None:
    process = Process(
        code="x",
        nodes=(
            node("start", initial=True, clock="start", next=("finish", "forgotten")),
            node("finish", clock="stop", state="done", next=("passed",)),
            node("forgotten", next=("passed",)),
            node("passed", state="qc_passed"),
        ),
    )
    assert {
        (problem.code, problem.params["node"])
        for problem in soundness.problems(process)
    } == {
        ("process_clock_runs", "passed"),
        ("process_dead_end", "forgotten"),
    }
