"""Who may do what at a broker, in the terms of Mosquitto's dynamic-security plugin.

Clients are known by their certificate's common name and have no password. Each device
has a role of its own, because the plugin of Mosquitto 2.0 knows no placeholders.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from mqtt_bridge.enrolment.names import is_service
from workbay_contract.topics import DOWNLINK, ROOT, UPLINK
from workbay_contract.types import DeviceId, Partition

AclType = Literal[
    "publishClientSend",
    "publishClientReceive",
    "subscribePattern",
    "unsubscribePattern",
]

BRIDGE_ROLE = "bridge"
ENROLMENT_ROLE = "enrolment"
_DEVICE_ROLE = "device:"


class Acl(NamedTuple):
    """One thing that a role may do; all else is refused."""

    kind: AclType
    topic: str

    def as_json(self) -> dict[str, Any]:
        return {
            "acltype": self.kind,
            "topic": self.topic,
            "priority": 0,
            "allow": True,
        }


class Device(BaseModel):
    """A device as every broker must know it, from ``workshop.device/enrolled``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    device: DeviceId
    bay: UUID
    partition: Partition


def device_role(device: str) -> str:
    return _DEVICE_ROLE + device


def role_device(role: str) -> str | None:
    """The device that a role belongs to; None for a service's role."""
    return role.removeprefix(_DEVICE_ROLE) if role.startswith(_DEVICE_ROLE) else None


def device_acls(device: Device) -> tuple[Acl, ...]:
    """A device publishes its own facts and hears what is said to it, no more."""
    own = f"{ROOT}/{device.partition}/{device.bay}"
    acls = [Acl("publishClientSend", f"{own}/{leaf}") for leaf in UPLINK]
    for leaf in DOWNLINK:
        acls += _hears(f"{own}/{leaf}")
    return tuple(acls)


def bridge_acls() -> tuple[Acl, ...]:
    selftest = f"{ROOT}/bridge/+/selftest"
    acls = [Acl("publishClientSend", f"{ROOT}/+/+/{leaf}") for leaf in DOWNLINK]
    acls.append(Acl("publishClientSend", selftest))
    for leaf in UPLINK:
        acls += _hears(f"{ROOT}/+/+/{leaf}")
    return (*acls, *_hears(selftest))


def enrolment_acls() -> tuple[Acl, ...]:
    control = "$CONTROL/dynamic-security/#"
    return (Acl("publishClientSend", control), *_hears(control))


def service_roles(
    bridges: Iterable[str], enrolment: str
) -> dict[str, tuple[str, tuple[Acl, ...]]]:
    """Role and rights by the common name of each service."""
    roles = {name: (BRIDGE_ROLE, bridge_acls()) for name in bridges}
    return {**roles, enrolment: (ENROLMENT_ROLE, enrolment_acls())}


def render_broker_file(
    devices: Iterable[Device], bridges: Sequence[str], enrolment: str
) -> bytes:
    """The plugin's whole file, from Odoo's list of devices and the services alone.

    A device that calls itself like a service is left out.
    """
    services = service_roles(bridges, enrolment)
    roles = dict(services.values())
    clients = {name: role for name, (role, _acls) in services.items()}
    for device in devices:
        if is_service(device.device):
            continue
        role = device_role(device.device)
        roles[role] = device_acls(device)
        clients[device.device] = role
    return _encode(
        [_client(name, role) for name, role in sorted(clients.items())],
        [_role(name, acls) for name, acls in sorted(roles.items())],
    )


def refresh_services(
    held: bytes | None, bridges: Sequence[str], enrolment: str
) -> bytes:
    """The plugin's file with the services' rights brought up to date.

    Devices stay as the broker wrote them, and so does a file in which nothing has
    changed. One that cannot be read is made anew: enrolment brings the devices back
    from Odoo.
    """
    fresh = json.loads(render_broker_file((), bridges, enrolment))
    try:
        old = json.loads(held or b"")
        devices = _Part(old, services=False)
        if held and _Part(old, services=True) == _Part(fresh, services=True):
            return held
    except (ValueError, KeyError, TypeError):
        return _encode(fresh["clients"], fresh["roles"])
    return _encode(fresh["clients"] + devices.clients, fresh["roles"] + devices.roles)


class _Part:
    """The services' or the devices' part of the plugin's file."""

    def __init__(self, document: Mapping[str, Any], *, services: bool) -> None:
        self.clients = [
            client
            for client in document["clients"]
            if is_service(client["username"]) is services
        ]
        self.roles = [
            role
            for role in document["roles"]
            if (role_device(role["rolename"]) is None) is services
        ]
        self._meaning = (
            document["defaultACLAccess"],
            {
                client["username"]: [role["rolename"] for role in client["roles"]]
                for client in self.clients
            },
            {role["rolename"]: read_acls(role) for role in self.roles},
        )

    def __eq__(self, other: object) -> bool:
        # The plugin writes lists in an order of its own.
        return isinstance(other, _Part) and self._meaning == other._meaning


def read_acls(role: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """What a role allows, as the plugin writes it."""
    return frozenset(
        (acl["acltype"], acl["topic"]) for acl in role["acls"] if acl["allow"]
    )


def _hears(topic: str) -> tuple[Acl, ...]:
    return (
        Acl("subscribePattern", topic),
        Acl("unsubscribePattern", topic),
        Acl("publishClientReceive", topic),
    )


def _client(name: str, role: str) -> dict[str, Any]:
    return {"username": name, "roles": [{"rolename": role, "priority": 0}]}


def _role(name: str, acls: Iterable[Acl]) -> dict[str, Any]:
    return {"rolename": name, "acls": [acl.as_json() for acl in acls]}


def _encode(clients: list[dict[str, Any]], roles: list[dict[str, Any]]) -> bytes:
    document = {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": False,
        },
        "clients": clients,
        "groups": [],
        "roles": roles,
    }
    return json.dumps(document, indent=1).encode() + b"\n"
