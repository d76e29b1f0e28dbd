"""Enrolment's settings: environment variables ``ENROL_…``."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from mqtt_bridge.certificate import check_name
from mqtt_bridge.configuration import (
    Brokers,
    Folder,
    OdooSettings,
    ReadableFile,
    ServiceName,
    parse_json,
    tls_context,
)
from mqtt_bridge.enrolment import names
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.enrolment.errors import AuthorityError

DEVICE_DAYS = 365
"""A device asks for the next one when a third of this is left; it is barred at once by
revoking it, whatever its certificate says."""

BridgeNames = Annotated[
    tuple[Annotated[str, Field(pattern=r"^bridge-[a-z0-9-]{1,33}$")], ...],
    NoDecode,
    BeforeValidator(parse_json),
    Field(min_length=1),
]


class RebuildSettings(OdooSettings):
    """What it takes to write a broker's file anew."""

    model_config = SettingsConfigDict(env_prefix="ENROL_")

    bridges: BridgeNames = (names.BRIDGE,)


class Settings(RebuildSettings):
    """What enrolment has to know."""

    name: ServiceName = Field(
        default=names.ENROLMENT, description="common name of its client certificate"
    )
    brokers: Brokers
    ca_dir: Folder = Field(description="holds ca.key and ca.crt")
    ca_file: ReadableFile
    cert_file: ReadableFile
    key_file: ReadableFile
    poll_seconds: Annotated[float, Field(ge=0.1, le=60)] = 2.0
    reconcile_seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
    device_days: Annotated[int, Field(ge=1, le=3650)] = DEVICE_DAYS
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"

    @model_validator(mode="after")
    def _check_files(self) -> "Settings":
        tls_context(self.ca_file, self.cert_file, self.key_file)
        check_name(self.cert_file, self.name, "ENROL_NAME")
        if not names.is_service(self.name):
            raise ValueError(f"ENROL_NAME: {self.name} is no service's name")
        try:
            Authority.open(self.ca_dir)
        except AuthorityError as error:
            raise ValueError(str(error)) from error
        return self
