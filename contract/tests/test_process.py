import pytest

from workbay_contract.process import JobState, Node, Process
from workbay_contract.types import canonical

from .making import node


def test_two_nodes_cannot_share_a_code() -> None:
    with pytest.raises(ValueError, match="share a code"):
        Process(code="x", nodes=(node("a"), node("a")))


def test_facts_are_written_in_one_order() -> None:
    names = [f"fact_{number}" for number in range(20)]
    state = JobState(facts=frozenset(names))
    assert state.model_dump(mode="json")["facts"] == sorted(names)
    assert JobState.model_validate_json(canonical(state.model_dump())) == state


def test_a_node_written_before_evidence_was_named_is_read() -> None:
    old = '{"code":"a","name":{"en_US":"A"},"roles":["qc"],"state":"done"}'
    read = Node.model_validate_json(old)
    assert (read.checklist, read.measurements, read.signature) == ((), (), "none")
