import pytest

from workbay_contract.checks import Check, Step
from workbay_contract.confirmation import Applied, Certificate, Confirmation, Person
from workbay_contract.gates import MEDIA_VERIFIED
from workbay_contract.interpreter import fold, judge, replay
from workbay_contract.process import JobState, Process
from workbay_contract.refusal import Refusal

from .making import JOB, LIVE, STANDARD, TESS, TOM, confirm, node

VERIFIED = JOB.model_copy(update={"facts": frozenset({MEDIA_VERIFIED, "moon"})})
SHOWN = Process(
    code="x",
    nodes=(
        node("work", initial=True, next=("work", "pass"), state="done"),
        node("pass", gates=(MEDIA_VERIFIED,), state="qc_passed"),
    ),
)


def go(job: JobState, person: Person, *steps: Confirmation) -> tuple[JobState, Person]:
    for step in steps:
        result = judge(STANDARD, job, person, step)
        assert isinstance(result, Applied), result
        job, person = result.job, result.person
    return job, person


def refusal(job: JobState, person: Person, step: Confirmation) -> str:
    result = judge(STANDARD, job, person, step)
    assert isinstance(result, Refusal), result
    return result.code


def test_a_whole_life_from_start_to_quality_control() -> None:
    job, tess = go(
        JOB,
        TESS,
        confirm("start", at=1_000),
        confirm("pause", at=5_000, reason="parts"),
        confirm("resume", at=60_000),
        confirm("finish", at=66_000, photos=1),
    )
    assert job.phase == "done"
    assert job.worked_ms == 10_000  # the pause does not count
    assert job.running is None
    assert tess.running_job is None
    job, _tom = go(job, TOM, confirm("qc_pass", at=70_000))
    assert job.phase == "qc_passed"
    assert STANDARD.allowed(job) == ()


def test_a_job_begins_only_with_an_initial_node() -> None:
    assert refusal(JOB, TESS, confirm("finish", photos=1)) == "node_not_now"


def test_a_node_of_another_process_is_refused() -> None:
    assert refusal(JOB, TESS, confirm("wash")) == "node_unknown"


def test_nobody_checks_his_own_work() -> None:
    job, tess = go(JOB, TESS, confirm("start"), confirm("finish", photos=1))
    assert refusal(job, tess, confirm("qc_pass")) == "own_work"


def test_a_person_without_the_role_is_refused() -> None:
    painter = Person(id=3, roles=("advisor",))
    assert refusal(JOB, painter, confirm("start")) == "role_missing"


def test_a_person_has_one_running_job() -> None:
    busy = TESS.model_copy(update={"running_job": 99})
    result = judge(STANDARD, JOB, busy, confirm("start"))
    assert result == Refusal(code="person_busy", params={"job": 99})


def test_only_who_started_may_finish() -> None:
    job, _tess = go(JOB, TESS, confirm("start"))
    assert refusal(job, TOM, confirm("finish", photos=1)) == "not_your_job"


def test_finishing_demands_its_photo() -> None:
    job, tess = go(JOB, TESS, confirm("start"))
    assert refusal(job, tess, confirm("finish")) == "photos_missing"


@pytest.mark.parametrize("reason", [None, "lunch"])
def test_a_pause_names_what_the_car_waits_for(reason: str | None) -> None:
    job, tess = go(JOB, TESS, confirm("start"))
    assert refusal(job, tess, confirm("pause", reason=reason)) == "reason_missing"


def test_failed_quality_control_opens_rework_and_remembers_who_worked() -> None:
    job, tess = go(JOB, TESS, confirm("start"), confirm("finish", photos=1))
    job, tom = go(job, TOM, confirm("qc_fail"))
    assert job.phase == "waiting"
    job, tess = go(job, tess, confirm("start"), confirm("finish", photos=1))
    assert refusal(job, tess, confirm("qc_pass")) == "own_work"
    assert go(job, tom, confirm("qc_pass"))[0].phase == "qc_passed"


def test_a_clock_that_runs_backwards_counts_nothing() -> None:
    job, _tess = go(
        JOB, TESS, confirm("start", at=10_000), confirm("finish", at=4_000, photos=1)
    )
    assert job.worked_ms == 0


def test_fold_leaves_refused_confirmations_out() -> None:
    jobs, persons = fold(
        {7: STANDARD},
        {7: JOB},
        {1: TESS, 2: TOM},
        [(1, confirm("start")), (2, confirm("start")), (9, confirm("finish"))],
    )
    assert jobs[7].running == 1
    assert persons[2].running_job is None


@pytest.mark.parametrize(
    ("evidence", "is_open"),
    [
        ({}, True),
        ({"photos": 1}, False),
        ({"photos": 20}, False),
        ({"signature": "a" * 64}, False),
    ],
)
def test_a_photo_shuts_the_gate_of_the_photos_by_itself(
    evidence: dict[str, object], is_open: bool
) -> None:
    done = judge(SHOWN, VERIFIED, TESS, confirm("work", **evidence))
    assert isinstance(done, Applied)
    assert (MEDIA_VERIFIED in done.job.facts) is is_open
    assert "moon" in done.job.facts
    passed = judge(SHOWN, done.job, TESS, confirm("pass"))
    if is_open:
        assert isinstance(passed, Applied)
    else:
        assert passed == Refusal(
            code="media_not_verified", params={"gate": MEDIA_VERIFIED}
        )
    assert replay(SHOWN, VERIFIED, TESS.id, confirm("work", **evidence)) == done.job


def test_a_gate_shut_by_a_photo_stays_shut_until_the_office_opens_it() -> None:
    shown = judge(SHOWN, VERIFIED, TESS, confirm("work", photos=1))
    assert isinstance(shown, Applied)
    later = judge(SHOWN, shown.job, TESS, confirm("work"))
    assert isinstance(later, Applied)
    assert MEDIA_VERIFIED not in later.job.facts
    folded, _persons = fold(
        {7: SHOWN},
        {7: VERIFIED},
        {TESS.id: TESS},
        [(TESS.id, confirm("work", photos=1)), (TESS.id, confirm("pass"))],
    )
    assert folded[7].node == "work"


def test_a_fold_judges_by_the_certificates_of_its_persons() -> None:
    tess = TESS.model_copy(update={"certificates": (Certificate(skill=31),)})
    jobs, _persons = fold(
        {7: LIVE},
        {7: JobState(skills=(31,))},
        {1: tess, 2: TOM},
        [(2, confirm("start")), (1, confirm("start"))],
    )
    assert jobs[7].running == 1


def test_nothing_is_finished_on_a_value_outside_its_limits() -> None:
    plug = Step(id=11, limit_min=25, limit_max=30)
    wrong, right = Check(step=11, value="31"), Check(step=11, value="28")
    start = judge(LIVE, JOB, TESS, confirm("start"), (plug,))
    assert isinstance(start, Applied)
    finish = judge(LIVE, start.job, TESS, confirm("finish", checks=(wrong,)), (plug,))
    assert isinstance(finish, Refusal)
    assert finish.code == "value_outside"
    settled = start.job.model_copy(update={"settled": (wrong,)})
    for job, done in ((start.job, right), (settled, wrong)):
        result = judge(LIVE, job, TESS, confirm("finish", checks=(done,)), (plug,))
        assert isinstance(result, Applied)
