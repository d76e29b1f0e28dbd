import pytest

from workbay_contract.checks import Check, Step, Tick, merged
from workbay_contract.confirmation import Applied, Confirmation
from workbay_contract.interpreter import judge, replay
from workbay_contract.process import CheckItem, JobState, Measurement, Process
from workbay_contract.refusal import Refusal

from .making import TESS, node

PLUG = Step(id=12, is_check=True, limit_min=25, limit_max=30)
STEPS = (Step(id=11), PLUG)
PROCESS = Process(
    code="p",
    nodes=(
        node("start", initial=True, clock="start", next=("pause", "finish")),
        node("pause", clock="stop", state="paused", next=("start",)),
        node("finish", clock="stop", steps="all", state="done", next=("pass", "fail")),
        node("pass", roles=("qc",), steps="checks", state="qc_passed"),
        node("fail", roles=("qc",), state="waiting", next=("start",)),
    ),
)


def say(job: JobState, code: str, *checks: Check) -> Applied | Refusal:
    confirmation = Confirmation(job=7, node=code, at=0, checks=checks)
    return judge(PROCESS, job, TESS, confirmation, STEPS)


def go(job: JobState, code: str, *checks: Check) -> JobState:
    result = say(job, code, *checks)
    assert isinstance(result, Applied), result
    return result.job


def refused(job: JobState, code: str, *checks: Check) -> Refusal:
    result = say(job, code, *checks)
    assert isinstance(result, Refusal), result
    return result


WORKING = go(JobState(), "start")
LIFT = Check(step=11)
GOOD, BAD = Check(step=12, value="27.5"), Check(step=12, value="31")


def test_a_node_demands_every_step() -> None:
    assert refused(WORKING, "finish", LIFT).params == {"missing": 1, "steps": [12]}
    assert go(WORKING, "finish", LIFT, GOOD).checks == (LIFT, GOOD)


def test_steps_checked_off_earlier_count() -> None:
    job = go(go(WORKING, "pause", LIFT), "start")
    assert go(job, "finish", GOOD).phase == "done"


def test_a_measured_step_takes_a_value() -> None:
    assert refused(WORKING, "finish", LIFT, Check(step=12)).code == "value_missing"


def test_a_step_of_another_procedure_is_refused() -> None:
    assert refused(WORKING, "pause", Check(step=99)).code == "step_unknown"


def test_a_value_outside_its_limits_stands_in_the_way_until_it_is_redone() -> None:
    refusal = refused(WORKING, "finish", LIFT, BAD)
    assert refusal.code == "value_outside"
    assert refusal.params == {"step": 12, "value": "31", "limits": "25 – 30"}
    job = go(go(WORKING, "pause", LIFT, BAD), "start")
    assert refused(job, "finish").code == "value_outside"
    assert go(job, "finish", GOOD).phase == "done"


def test_the_office_settles_one_value_and_no_other() -> None:
    job = go(go(WORKING, "pause", LIFT, BAD), "start")
    job = job.model_copy(update={"settled": (BAD,)})
    assert go(job, "finish").phase == "done"
    worse = Check(step=12, value="35")
    assert refused(job, "finish", worse).code == "value_outside"


def test_quality_control_checks_anew_what_is_to_be_checked() -> None:
    job = go(WORKING, "finish", LIFT, GOOD)
    assert refused(job, "pass").params["steps"] == [12]
    assert refused(job, "pass", BAD).code == "value_outside"
    assert go(job, "pass", GOOD).phase == "qc_passed"


def test_rework_begins_the_procedure_anew() -> None:
    job = go(go(WORKING, "finish", LIFT, GOOD), "fail")
    assert job.checks == ()
    assert refused(go(job, "start"), "finish", LIFT).code == "steps_missing"


def test_the_last_value_of_a_step_counts() -> None:
    assert merged((BAD, LIFT), (GOOD,)) == (LIFT, GOOD)


@pytest.mark.parametrize(
    ("step", "value", "is_within", "limits"),
    [
        (Step(limit_min=25), "25", True, "≥ 25"),
        (Step(limit_min=25), "24.999", False, "≥ 25"),
        (Step(limit_max=0.3), "0.3", True, "≤ 0.3"),
        (Step(limit_max=0.3), "0.301", False, "≤ 0.3"),
        (PLUG, "-26", False, "25 – 30"),
    ],
)
def test_limits_include_their_ends(
    step: Step, value: str, is_within: bool, limits: str
) -> None:
    assert step.is_within(value) is is_within
    assert step.limits() == limits


def test_a_replay_judges_only_the_place_among_the_others() -> None:
    finish = Confirmation(job=7, node="finish", at=9)
    done = replay(PROCESS, WORKING, 1, finish)
    assert done is not None
    assert done.phase == "done"
    assert replay(PROCESS, done, 1, finish) is None
    assert replay(PROCESS, JobState(), 1, Confirmation(job=7, node="x", at=0)) is None


def test_a_nodes_own_checklist_measurements_and_signature() -> None:
    process = Process(
        code="q",
        nodes=(
            node(
                "check",
                initial=True,
                checklist=(CheckItem(code="clean", name={"en_US": "Clean"}),),
                measurements=(
                    Measurement(code="gap", name={"en_US": "Gap"}, limit_max=0.3),
                ),
                signature="customer",
            ),
        ),
    )

    def code(*ticks: Tick, signature: str | None = None) -> str:
        said = Confirmation(job=7, node="check", at=0, ticks=ticks, signature=signature)
        result = judge(process, JobState(), TESS, said)
        return result.code if isinstance(result, Refusal) else ""

    clean, gap = Tick(code="clean"), Tick(code="gap", value="0.2")
    assert code(gap) == "checklist_missing"
    assert code(clean, Tick(code="gap")) == "checklist_missing"
    assert code(clean, Tick(code="gap", value="0.31")) == "measurement_outside"
    assert code(clean, gap) == "signature_missing"
    assert code(clean, gap, signature="a" * 64) == ""
