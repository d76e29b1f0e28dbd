"""Where the runtime lies, and what is copied when the user cannot reach the source."""

import os
import pwd
from pathlib import Path

import pytest

from workbay_deploy import placement
from workbay_deploy.errors import SetupError
from workbay_deploy.locking import acquire, lock_file, release
from workbay_deploy.paths import LONGEST_SOCKET_FOLDER, ChainPaths
from workbay_deploy.settings import Settings


@pytest.fixture
def me() -> pwd.struct_passwd:
    return pwd.getpwuid(os.geteuid())


def test_the_runtime_lies_in_a_checkout_that_the_user_reaches(tmp_path, me) -> None:
    paths = placement.choose(Settings.load({}, {}), tmp_path, me)
    assert paths.runtime == tmp_path / ".runtime"
    assert paths.source == tmp_path


def test_it_lies_in_the_systems_state_where_the_user_cannot(
    tmp_path, me, monkeypatch
) -> None:
    monkeypatch.setattr(placement, "can_read", lambda user, wanted: False)
    paths = placement.choose(Settings.load({}, {}), tmp_path, me)
    assert paths.runtime.parent == Path("/var/lib/workbay")
    assert paths.source == paths.runtime / "source"


def test_an_unreachable_folder_is_found_out(tmp_path, me) -> None:
    assert placement.can_read(me, [tmp_path])
    assert not placement.can_read(me, [tmp_path / "absent"])


def test_the_copy_is_whole_readable_and_without_state(tmp_path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".git").mkdir(parents=True)
    (checkout / ".runtime").mkdir()
    (checkout / "deploy").mkdir(mode=0o700)
    (checkout / "deploy" / "up").write_text("new")
    (checkout / "deploy" / "up").chmod(0o700)
    target = tmp_path / "copy"
    (target / "old").mkdir(parents=True)
    placement.copy_source(checkout, target)
    assert sorted(path.name for path in target.iterdir()) == ["deploy"]
    assert (target / "deploy" / "up").stat().st_mode & 0o777 == 0o755
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkout", "copy"]


def test_checkouts_of_one_name_do_not_share_their_state() -> None:
    first = placement.state_name(Path("/a/workbay"))
    assert first != placement.state_name(Path("/b/workbay"))
    assert first.startswith("workbay-")


def test_sockets_move_where_a_path_would_be_too_long(tmp_path) -> None:
    deep = ChainPaths(Path("/x" * 80))
    assert len(str(deep.run)) <= LONGEST_SOCKET_FOLDER
    assert ChainPaths(Path("/short")).run == Path("/short/run")


def test_two_set_ups_do_not_work_on_one_folder(tmp_path) -> None:
    lock = lock_file(Path("/runtime"), tmp_path)
    held = acquire(lock, wait=False)
    with pytest.raises(SetupError, match=f"process {os.getpid()}"):
        acquire(lock, wait=False)
    release(held)
    release(acquire(lock, wait=False))
