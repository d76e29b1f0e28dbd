"""The list of allowed skips: patterns with reasons, and nothing silent."""

import pytest

from tests.support.skips import allowed_patterns, is_allowed


def test_an_entry_without_a_reason_is_refused(tmp_path) -> None:
    file = tmp_path / "skips.toml"
    file.write_text('[[skip]]\ntest = "a::*"\n')
    with pytest.raises(ValueError, match="reason"):
        allowed_patterns(file)


def test_patterns_are_matched_whole() -> None:
    assert is_allowed("a/test_x.py::test_y", ["a/*::test_y"])
    assert not is_allowed("a/test_x.py::test_y", ["test_y"])


def test_the_committed_list_is_well_formed() -> None:
    allowed_patterns()
