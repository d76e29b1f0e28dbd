"""Makes one broker know exactly the devices that Odoo names."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mqtt_bridge.enrolment.access import (
    Acl,
    Device,
    device_acls,
    device_role,
    read_acls,
    role_device,
    service_roles,
)
from mqtt_bridge.enrolment.control import Control
from mqtt_bridge.enrolment.errors import BrokerError
from mqtt_bridge.enrolment.names import is_service

_logger = logging.getLogger(__name__)

PAGE = 200
_GONE = frozenset({"Client not found", "Role not found"})

Rights = frozenset[tuple[str, str]]


class BrokerAccess:
    """Keeps in mind what the broker holds, and looks again every ``reconcile`` s."""

    def __init__(
        self,
        control: Control,
        bridges: Iterable[str],
        enrolment: str,
        reconcile: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._control = control
        self._services = service_roles(bridges, enrolment)
        self._reconcile = reconcile
        self._clock = clock
        self._read_at = float("-inf")
        self._clients: dict[str, frozenset[str]] = {}
        self._roles: dict[str, Rights] = {}

    def apply(self, devices: Iterable[Device]) -> None:
        """Create what is missing, delete what Odoo no longer names.

        A revoked device loses its client, which ends its connection, and its role.

        :raises BrokerError: the broker does not do it; apply again later.
        """
        if not self._control.is_listening:
            # It may come back as another broker, from another file.
            self._read_at = float("-inf")
            raise BrokerError(f"{self._control.address}: not connected")
        if self._clock() - self._read_at >= self._reconcile:
            self._read()
        wanted = {each.device: each for each in devices if not is_service(each.device)}
        self._revoke(wanted)
        for device in wanted.values():
            self.ensure(device)
        for name, (role, acls) in self._services.items():
            self._ensure(name, role, acls)

    def ensure(self, device: Device) -> None:
        """Give one device its rights.

        :raises BrokerError: the broker does not do it.
        """
        self._ensure(device.device, device_role(device.device), device_acls(device))

    def _revoke(self, wanted: Mapping[str, Device]) -> None:
        for name in [*self._clients]:
            if name not in wanted and name not in self._services:
                self._run({"command": "deleteClient", "username": name})
                del self._clients[name]
                _logger.info("%s: %s deleted", self._control.address, name)
        kept = {role for role, _acls in self._services.values()}
        for role in [*self._roles]:
            if role not in kept and role_device(role) not in wanted:
                self._run({"command": "deleteRole", "rolename": role})
                del self._roles[role]

    def _ensure(self, name: str, role: str, acls: tuple[Acl, ...]) -> None:
        rights = frozenset((acl.kind, acl.topic) for acl in acls)
        if self._roles.get(role) != rights:
            verb = "modifyRole" if role in self._roles else "createRole"
            self._run(
                {
                    "command": verb,
                    "rolename": role,
                    "acls": [acl.as_json() for acl in acls],
                }
            )
            self._roles[role] = rights
        if self._clients.get(name) != frozenset({role}):
            verb = "modifyClient" if name in self._clients else "createClient"
            self._run(
                {"command": verb, "username": name, "roles": [{"rolename": role}]}
            )
            self._clients[name] = frozenset({role})
            _logger.info("%s: %s may now use its topics", self._control.address, name)

    def _read(self) -> None:
        self._roles = {
            role["rolename"]: read_acls(role)
            for role in self._list("listRoles", "roles")
        }
        self._clients = {
            client["username"]: frozenset(role["rolename"] for role in client["roles"])
            for client in self._list("listClients", "clients")
        }
        self._read_at = self._clock()

    def _list(self, command: str, key: str) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        while True:
            answer = self._run(
                {
                    "command": command,
                    "verbose": True,
                    "count": PAGE,
                    "offset": len(rows),
                }
            )
            page = answer["data"][key]
            rows += page
            if len(page) < PAGE:
                return rows

    def _run(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """One command: each makes the plugin write its whole file anew."""
        [answer] = self._control.run([command])
        error = answer.get("error")
        if error and error not in _GONE:
            # What we believed of the broker does not hold: look before the next step.
            self._read_at = float("-inf")
            raise BrokerError(f"{self._control.address}: {command['command']}: {error}")
        return answer
