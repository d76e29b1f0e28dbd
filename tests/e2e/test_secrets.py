"""What a service holds: keys that open its own doors, files that it alone reads."""

import dataclasses
import subprocess
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from workbay_deploy import services
from workbay_deploy.stack import Stack


@pytest.fixture(scope="module")
def bridge_key(stack: Stack) -> Iterator[httpx.Client]:
    """Odoo's outer API with the bridge's key."""
    key = stack.chain.api_key("bridge").read_text().strip()
    with httpx.Client(
        base_url=stack.chain.odoo_internal_url,
        headers={"Authorization": f"bearer {key}"},
        timeout=30,
    ) as client:
        yield client


def test_the_bridges_key_does_what_the_bridge_does(bridge_key: httpx.Client) -> None:
    answer = bridge_key.post("/json/2/workshop.device/device_list", json={})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()) >= 2


@pytest.mark.parametrize(
    "model",
    ["sale.order", "res.partner", "workshop.order", "workshop.event", "res.users"],
)
@pytest.mark.parametrize("method", ["search_read", "search_count", "fields_get"])
def test_the_bridges_key_reads_nothing_else(
    bridge_key: httpx.Client, model: str, method: str
) -> None:
    body = {} if method == "fields_get" else {"domain": []}
    answer = bridge_key.post(f"/json/2/{model}/{method}", json=body)
    assert answer.status_code == 403, answer.text
    assert "name" not in answer.json() or "AccessError" in answer.text


def test_the_bridges_key_is_no_log_in(stack: Stack, bridge_key: httpx.Client) -> None:
    """Nor do the pages and files of Odoo open to it."""
    key = stack.chain.api_key("bridge").read_text().strip()
    for path in ("/web/content/1", "/odoo"):
        answer = bridge_key.get(path)
        assert answer.status_code != 200 or "login" in answer.text, path
        assert key not in answer.text


@pytest.mark.parametrize("path", ["/json/1/res.partner", "/doc-bearer/index.json"])
def test_other_doors_for_keys_are_shut_to_a_service(
    bridge_key: httpx.Client, path: str
) -> None:
    assert bridge_key.get(path).status_code in (401, 403)


def test_a_services_key_is_no_password_for_xml_rpc(stack: Stack) -> None:
    common = xmlrpc.client.ServerProxy(
        f"{stack.chain.odoo_internal_url}/xmlrpc/2/common"
    )
    models = xmlrpc.client.ServerProxy(
        f"{stack.chain.odoo_internal_url}/xmlrpc/2/object"
    )
    for service in ("bridge", "enrolment"):
        key = stack.chain.api_key(service).read_text().strip()
        login = f"workbay_{service}"
        database = stack.chain.database
        assert not common.authenticate(database, login, key, {})
        uid = int(
            stack.query(f"SELECT id FROM res_users WHERE login = '{login}'").strip()
        )
        with pytest.raises(xmlrpc.client.Fault, match="Access"):
            models.execute_kw(database, uid, key, "res.users", "context_get", [])


def test_keys_are_readable_by_their_owner_alone(stack: Stack) -> None:
    secrets = stack.chain.paths.secrets
    private = [
        *secrets.glob("*/*.key"),
        *secrets.glob("*/odoo-api-key"),
        stack.chain.signing_key,
        *(folder / "device.key" for folder in stack.chain.bay_folders),
    ]
    assert len(private) >= 9
    for path in private:
        assert path.stat().st_mode & 0o077 == 0, path
    assert (secrets / "ca").stat().st_mode & 0o077 == 0


PROBE = """
import pathlib, sys
for file in sys.argv[1:]:
    try:
        pathlib.Path(file).read_bytes()
        print(file)
    except PermissionError:
        pass
try:
    pathlib.Path(sys.argv[0]).open("a")
    print("could change its own code")
except PermissionError:
    pass
"""


def test_a_service_reads_its_own_secrets_alone(stack: Stack) -> None:
    """The CA's key is readable by nobody but enrolment, though one user runs all."""
    chain, code = stack.chain, stack.chain.paths.etc / "probe.py"
    code.write_text(PROBE)
    secrets = chain.paths.secrets
    own = {
        "postgres": set(),
        "mosquitto": {secrets / "broker"},
        "odoo": {secrets / "odoo"},
        "odoo-cron": {secrets / "odoo"},
        "nginx": set(),
        "enrolment": {secrets / "ca", secrets / "enrolment"},
        "bridge": {secrets / "bridge"},
        "bay-1": {chain.paths.bay(1)},
        "bay-2": {chain.paths.bay(2)},
    }
    files = [
        file
        for folder in (secrets, chain.paths.bays)
        for file in folder.rglob("*")
        if file.is_file() and not file.name.startswith("outbox")
    ]
    assert secrets / "ca" / "ca.key" in files
    known = {service.name: service for service in services.all_services(chain)}
    assert set(known) == set(own)
    for name, service in known.items():
        probe = dataclasses.replace(
            service, argv=(str(chain.installed.python), str(code), *map(str, files))
        )
        told = subprocess.run(
            probe.confined_argv, env=service.env, capture_output=True, text=True
        )
        expected = {str(file) for file in files if own[name] & {file, *file.parents}}
        assert set(told.stdout.splitlines()) == expected, name
        assert told.stderr == "", name


def test_every_running_service_gave_up_what_is_not_its_own(stack: Stack) -> None:
    for name, process in stack.processes().items():
        status = Path(f"/proc/{process}/status").read_text()
        assert "NoNewPrivs:\t1" in status, name


def test_no_other_service_is_even_told_where_the_ca_is(stack: Stack) -> None:
    authority = str(stack.chain.paths.secrets / "ca")
    for name, process in stack.processes().items():
        environment = Path(f"/proc/{process}/environ").read_bytes().decode()
        command = Path(f"/proc/{process}/cmdline").read_bytes().decode()
        files = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()]
        told = authority in environment + command or any(
            file.startswith(authority) for file in files
        )
        assert told is (name == "enrolment"), name
