"""Options and environment: typed, and refused with every mistake at once."""

import pytest

from workbay_deploy.errors import SettingsError
from workbay_deploy.settings import Settings, describe_options, read_options


def test_defaults_are_valid() -> None:
    settings = Settings.load({}, {})
    assert settings.http_port == 8069
    assert settings.user == "workbay"


def test_an_option_wins_over_the_environment() -> None:
    settings = Settings.load({"--http-port": "9001"}, {"WORKBAY_HTTP_PORT": "9002"})
    assert settings.http_port == 9001


def test_every_port_can_be_changed_by_its_variable() -> None:
    names = [name for name in Settings.load({}, {}).ports]
    environ = {
        "WORKBAY_" + name.removeprefix("--").replace("-", "_").upper(): str(20000 + n)
        for n, name in enumerate(names)
    }
    assert sorted(Settings.load({}, environ).ports.values()) == list(
        range(20000, 20000 + len(names))
    )


def test_every_mistake_is_named_at_once(tmp_path) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(
            {"--http-port": "eighty", "--bind": "here", "--colour": "red"},
            {
                "WORKBAY_MQTT_PORT": "99999",
                "WORKBAY_USER": "root",
                "ODOO_HOME": str(tmp_path / "absent"),
            },
        )
    text = str(caught.value)
    for name in (
        "--http-port",
        "--bind",
        "--colour",
        "WORKBAY_MQTT_PORT",
        "WORKBAY_USER",
        "ODOO_HOME",
    ):
        assert name in text
    assert len(caught.value.mistakes) == 6


def test_two_services_cannot_ask_for_one_port() -> None:
    with pytest.raises(SettingsError, match="--http-port and --mqtt-port"):
        Settings.load({"--http-port": "9000", "--mqtt-port": "9000"}, {})


def test_an_unset_variable_is_no_value() -> None:
    assert Settings.load({}, {"WORKBAY_HTTP_PORT": ""}).http_port == 8069


def test_options_take_both_forms_and_flags() -> None:
    options, flags = read_options(
        ["--http-port=9000", "--fresh", "--bind", "0.0.0.0"], ["--fresh"]
    )
    assert options == {"--http-port": "9000", "--bind": "0.0.0.0"}
    assert flags == {"--fresh"}


def test_what_is_no_option_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        read_options(["--fesh", "now", "--http-port"], ["--fresh"])
    assert "--http-port: needs a value" in str(caught.value)


def test_help_names_every_option() -> None:
    text = describe_options()
    assert all(option in text for option in Settings.load({}, {}).ports)
