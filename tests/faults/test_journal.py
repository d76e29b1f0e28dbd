"""Every line of a bay's story is taken in once, whoever reads it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.journal import Journal, Story

LINES = 3000
READERS = 8


def test_many_readers_miss_no_line_and_take_none_twice(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal, story = Journal(file), Story(file)

    def read_until_all_is_there(_reader: int) -> None:
        while story.follow().starts < LINES and not written:
            pass

    written: list[bool] = []
    with ThreadPoolExecutor(READERS) as pool:
        readers = pool.map(read_until_all_is_there, range(READERS))
        for _line in range(LINES):
            journal.note("start")
        written.append(True)
        list(readers)
    assert story.follow().starts == LINES


def test_a_line_that_a_process_did_not_end_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    file.write_text('{"what": "sta')
    Journal(file).note("start")
    assert Story(file).follow().starts == 1
