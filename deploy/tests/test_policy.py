"""Installing starts no service and leaves the machine's own policy as it was."""

import subprocess

import pytest

from workbay_deploy.policy import restore, services_stay_off


def test_services_are_refused_meanwhile(tmp_path) -> None:
    policy = tmp_path / "policy-rc.d"
    with services_stay_off(policy):
        assert subprocess.run([policy, "nginx", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_the_machines_own_policy_comes_back(tmp_path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    policy.chmod(0o755)
    with services_stay_off(policy):
        assert "101" in policy.read_text()
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.stat().st_mode & 0o777 == 0o755
    assert list(tmp_path.iterdir()) == [policy]


def test_it_comes_back_after_an_interruption(tmp_path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("own")
    with pytest.raises(KeyboardInterrupt), services_stay_off(policy):
        raise KeyboardInterrupt
    assert policy.read_text() == "own"


def test_it_comes_back_after_a_kill(tmp_path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("own")
    context = services_stay_off(policy)
    context.__enter__()  # and never left: the process was killed
    restore(policy)
    assert policy.read_text() == "own"


def test_a_second_run_after_a_kill_does_not_save_our_own(tmp_path) -> None:
    policy = tmp_path / "policy-rc.d"
    first = services_stay_off(policy)
    first.__enter__()
    with services_stay_off(policy):
        pass
    assert not policy.exists()
