import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mqtt_bridge.configuration import ConfigurationError, load
from mqtt_bridge.settings import Settings


def mistakes(environment: dict[str, str], **changes: str) -> list[str]:
    changed = {f"BRIDGE_{name.upper()}": text for name, text in changes.items()}
    with pytest.raises(ConfigurationError) as caught:
        load(Settings, environment | changed)
    return caught.value.mistakes


def test_good_settings_are_taken(environment: dict[str, str]) -> None:
    settings = load(Settings, {**environment, "HOME": "/", "BAY_X": "1"})
    assert settings.lease_ttl_ms == 1500
    assert settings.brokers[0].host == "localhost"


def test_every_mistake_is_named_at_once(environment: dict[str, str]) -> None:
    del environment["BRIDGE_ODOO_DB"]
    found = mistakes(
        environment,
        name="Bridge",
        odoo_url="ftp://odoo",
        brokers="nonsense",
        ca_file="/nowhere",
        http_port="0",
        lease_ttl_ms="soon",
        colour="blue",
    )
    assert [line.partition(":")[0] for line in sorted(found)] == [
        "BRIDGE_BROKERS",
        "BRIDGE_CA_FILE",
        "BRIDGE_COLOUR",
        "BRIDGE_HTTP_PORT",
        "BRIDGE_LEASE_TTL_MS",
        "BRIDGE_NAME",
        "BRIDGE_ODOO_DB",
        "BRIDGE_ODOO_URL",
    ]


@pytest.mark.parametrize(
    "brokers",
    [
        [],
        [{"host": "a"}],
        [{"host": "a", "port": 70000}],
        [{"host": "a", "port": 1}, {"host": "a", "port": 1}],
        [{"host": "a", "port": 1, "tls": False}],
    ],
)
def test_brokers_have_to_make_sense(
    environment: dict[str, str], brokers: object
) -> None:
    assert mistakes(environment, brokers=json.dumps(brokers))


def test_an_empty_key_is_refused(environment: dict[str, str]) -> None:
    Path(environment["BRIDGE_ODOO_KEY_FILE"]).write_text("\n")
    [mistake] = mistakes(environment)
    assert "does not hold an API key" in mistake


def test_a_name_that_is_not_the_certificates_is_refused(
    environment: dict[str, str],
) -> None:
    [mistake] = mistakes(environment, name="bridge-main-02")
    assert "bridge-main-01" in mistake


def test_a_key_of_another_certificate_is_refused(environment: dict[str, str]) -> None:
    assert mistakes(environment, key_file=environment["BRIDGE_HTTPS_KEY_FILE"])


def test_the_command_says_what_is_wrong_and_leaves(
    environment: dict[str, str],
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mqtt_bridge", "run"],
        env={**os.environ, **environment, "BRIDGE_HTTP_PORT": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("BRIDGE_HTTP_PORT:")
    assert len(done.stderr.splitlines()) == 1
