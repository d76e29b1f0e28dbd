import pytest

from workbay_contract.checks import Check, Step
from workbay_contract.interpreter import (
    GATES,
    MEDIA_VERIFIED,
    OFFICE_GATES,
    Applied,
    Certificate,
    CheckItem,
    Confirmation,
    JobState,
    Measurement,
    Node,
    Person,
    Process,
    Refusal,
    fold,
    judge,
    office_gate,
    replay,
)
from workbay_contract.types import canonical
from workbay_contract.wording import WORDING


def node(code: str, **values) -> Node:
    return Node(
        code=code,
        name={"en_US": code},
        **{"roles": ("technician",), "state": "in_progress", **values},
    )


STANDARD = Process(
    code="standard",
    nodes=(
        node("start", initial=True, clock="start", next=("pause", "finish")),
        node(
            "pause",
            gates=("own_job",),
            clock="stop",
            reasons=("parts", "customer"),
            state="paused",
            next=("resume",),
        ),
        node("resume", clock="start", next=("pause", "finish")),
        node(
            "finish",
            gates=("own_job",),
            clock="stop",
            photos=1,
            state="done",
            next=("qc_pass", "qc_fail"),
        ),
        node("qc_pass", roles=("qc",), gates=("other_person",), state="qc_passed"),
        node(
            "qc_fail",
            roles=("qc",),
            gates=("other_person",),
            state="waiting",
            next=("start",),
        ),
    ),
)
TESS = Person(id=1, roles=("technician", "qc"))
TOM = Person(id=2, roles=("technician", "qc"))
JOB = JobState()


def confirm(code: str, at: int = 0, **values) -> Confirmation:
    return Confirmation(job=7, node=code, at=at, **values)


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


def test_an_unknown_gate_closes_the_node() -> None:
    process = Process(
        code="x", nodes=(node("start", initial=True, gates=("eclipse",)),)
    )
    result = judge(process, JOB, TESS, confirm("start"))
    assert isinstance(result, Refusal)
    assert result.code == "gate_unknown"


def test_the_standard_process_can_be_finished() -> None:
    assert STANDARD.problems() == []


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
    problems = Process(code="x", nodes=nodes).problems()
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
        (problem.code, problem.params["node"]) for problem in process.problems()
    } == {
        ("process_clock_runs", "passed"),
        ("process_dead_end", "forgotten"),
    }


def test_two_nodes_cannot_share_a_code() -> None:
    with pytest.raises(ValueError, match="share a code"):
        Process(code="x", nodes=(node("a"), node("a")))


def test_every_gate_is_documented() -> None:
    assert all(gate.__doc__ for gate in GATES.values())


@pytest.mark.parametrize(("name", "code"), sorted(OFFICE_GATES.items()))
def test_a_gate_of_the_office_opens_by_what_the_job_says(name: str, code: str) -> None:
    process = Process(
        code="x",
        nodes=(node("a", initial=True, gates=(name,), state="qc_passed"),),
    )
    assert process.problems() == []
    result = judge(process, JOB, TESS, confirm("a"))
    assert result == Refusal(code=code, params={"gate": name})
    assert code in WORDING
    other = JOB.model_copy(update={"facts": frozenset({"moon_is_full"})})
    assert isinstance(judge(process, other, TESS, confirm("a")), Refusal)
    opened = JOB.model_copy(update={"facts": frozenset({name, "moon_is_full"})})
    result = judge(process, opened, TESS, confirm("a"))
    assert isinstance(result, Applied)
    assert result.job.facts == opened.facts


def test_a_gate_of_another_addon_is_registered_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(OFFICE_GATES, "moon", raising=False)
    process = Process(
        code="x",
        nodes=(node("a", initial=True, gates=("moon",), state="qc_passed"),),
    )
    assert [problem.code for problem in process.problems()] == ["process_unknown_gate"]
    office_gate("moon")
    assert process.problems() == []
    assert judge(process, JOB, TESS, confirm("a")) == Refusal(
        code="gate_shut", params={"gate": "moon"}
    )
    # A bay that never heard of it goes by what the board says, too.
    del OFFICE_GATES["moon"]
    full = JOB.model_copy(update={"facts": frozenset({"moon"})})
    assert isinstance(judge(process, full, TESS, confirm("a")), Applied)


VERIFIED = JOB.model_copy(update={"facts": frozenset({MEDIA_VERIFIED, "moon"})})
SHOWN = Process(
    code="x",
    nodes=(
        node("work", initial=True, next=("work", "pass"), state="done"),
        node("pass", gates=(MEDIA_VERIFIED,), state="qc_passed"),
    ),
)


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


def test_the_office_cannot_take_over_a_gate_of_the_bay() -> None:
    with pytest.raises(ValueError, match="of the bay"):
        office_gate("own_job")


def test_facts_are_written_in_one_order() -> None:
    names = [f"fact_{number}" for number in range(20)]
    state = JobState(facts=frozenset(names))
    assert state.model_dump(mode="json")["facts"] == sorted(names)
    assert JobState.model_validate_json(canonical(state.model_dump())) == state


def test_a_node_written_before_evidence_was_named_is_read() -> None:
    old = '{"code":"a","name":{"en_US":"A"},"roles":["qc"],"state":"done"}'
    read = Node.model_validate_json(old)
    assert (read.checklist, read.measurements, read.signature) == ((), (), "none")


DAY = 86_400_000
LIVE = Process(
    code="live",
    nodes=(
        node(
            "start",
            initial=True,
            clock="start",
            gates=("certificate",),
            next=("finish",),
        ),
        node("finish", clock="stop", state="done", next=("qc",)),
        node("qc", roles=("qc",), gates=("other_person",), state="qc_passed"),
    ),
)


def test_a_job_is_begun_only_by_who_holds_its_certificates() -> None:
    job = JobState(skills=(31, 32))
    held = (
        Certificate(skill=31),
        Certificate(skill=32, valid_from=DAY, valid_to=2 * DAY),
    )
    tess = TESS.model_copy(update={"certificates": held})
    for at, missing in ((0, [32]), (DAY, None), (2 * DAY - 1, None), (2 * DAY, [32])):
        result = judge(LIVE, job, tess, confirm("start", at=at))
        if missing is None:
            assert isinstance(result, Applied)
        else:
            assert result == Refusal(
                code="certificate_missing", params={"skills": missing}
            )
    result = judge(LIVE, job, TESS, confirm("start", at=DAY))
    assert result == Refusal(code="certificate_missing", params={"skills": [31, 32]})


def test_a_job_without_demands_is_for_everybody_with_the_role() -> None:
    assert isinstance(judge(LIVE, JOB, TESS, confirm("start")), Applied)
    assert LIVE.problems() == []


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
