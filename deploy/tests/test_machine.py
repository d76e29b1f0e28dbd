"""What a machine has to offer, and the sentences for what it lacks."""

import socket

import pytest

from workbay_deploy import machine
from workbay_deploy.errors import SettingsError, SetupError


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--http-port: port {port} is taken"):
            machine.check_ports({"--http-port": port}, [], "127.0.0.1")


def test_our_own_port_is_not_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        machine.check_ports({"--http-port": port}, [port], "127.0.0.1")


def test_a_free_port_is_free() -> None:
    assert machine.port_is_free(machine.free_port())


def test_too_small_a_disk_is_refused_before_anything_begins(tmp_path) -> None:
    with pytest.raises(SetupError, match="GB free and Workbay needs"):
        machine.check_disk(tmp_path / "not" / "there", needed=10**18)


def test_debian_and_its_relatives_are_accepted(tmp_path) -> None:
    release = tmp_path / "os-release"
    for text in ("ID=debian\n", 'ID=ubuntu\nID_LIKE="debian"\n'):
        release.write_text(text)
        machine.check_debian(release)


def test_another_system_is_refused(tmp_path) -> None:
    release = tmp_path / "os-release"
    release.write_text("ID=fedora\n")
    with pytest.raises(SetupError, match="not a Debian system"):
        machine.check_debian(release)
    with pytest.raises(SetupError, match="not a Debian system"):
        machine.check_debian(tmp_path / "absent")
