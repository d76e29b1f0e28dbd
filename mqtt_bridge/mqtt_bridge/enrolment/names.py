"""Names of services; no device may bear one, or it would get that service's rights."""

import re
from typing import Final

BRIDGE: Final = "bridge-main-01"
ENROLMENT: Final = "enrolment-main-01"

_COMMON_NAME = re.compile(r"[a-z0-9-]{8,40}")
_SERVICES = ("bridge-", "enrolment-", "mosquitto-")


def is_common_name(text: str) -> bool:
    return _COMMON_NAME.fullmatch(text) is not None


def is_service(name: str) -> bool:
    return name.startswith(_SERVICES)


def is_bridge(name: str) -> bool:
    return is_common_name(name) and name.startswith("bridge-")
