import pytest

from workbay_contract import soundness
from workbay_contract.confirmation import Applied, Certificate
from workbay_contract.gates import GATES, OFFICE_GATES, office_gate
from workbay_contract.interpreter import judge
from workbay_contract.process import JobState, Process
from workbay_contract.refusal import Refusal
from workbay_contract.wording import WORDING

from .making import JOB, LIVE, TESS, confirm, node

DAY = 86_400_000


def test_every_gate_is_documented() -> None:
    assert all(gate.__doc__ for gate in GATES.values())


def test_an_unknown_gate_closes_the_node() -> None:
    process = Process(
        code="x", nodes=(node("start", initial=True, gates=("eclipse",)),)
    )
    result = judge(process, JOB, TESS, confirm("start"))
    assert isinstance(result, Refusal)
    assert result.code == "gate_unknown"


@pytest.mark.parametrize(("name", "code"), sorted(OFFICE_GATES.items()))
def test_a_gate_of_the_office_opens_by_what_the_job_says(name: str, code: str) -> None:
    process = Process(
        code="x",
        nodes=(node("a", initial=True, gates=(name,), state="qc_passed"),),
    )
    assert soundness.problems(process) == []
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
    assert [problem.code for problem in soundness.problems(process)] == [
        "process_unknown_gate"
    ]
    office_gate("moon")
    assert soundness.problems(process) == []
    assert judge(process, JOB, TESS, confirm("a")) == Refusal(
        code="gate_shut", params={"gate": "moon"}
    )
    # A bay that never heard of it goes by what the board says, too.
    del OFFICE_GATES["moon"]
    full = JOB.model_copy(update={"facts": frozenset({"moon"})})
    assert isinstance(judge(process, full, TESS, confirm("a")), Applied)


def test_the_office_cannot_take_over_a_gate_of_the_bay() -> None:
    with pytest.raises(ValueError, match="of the bay"):
        office_gate("own_job")


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
    assert soundness.problems(LIVE) == []
