"""The bridge's settings: environment variables ``BRIDGE_…``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from mqtt_bridge.certificate import check_name
from mqtt_bridge.configuration import (
    Brokers,
    Folder,
    OdooSettings,
    ReadableFile,
    ServiceName,
    tls_context,
)


class Settings(OdooSettings):
    """What a bridge has to know."""

    model_config = SettingsConfigDict(env_prefix="BRIDGE_")

    name: ServiceName = Field(description="common name of its client certificate")
    brokers: Brokers
    ca_file: ReadableFile
    cert_file: ReadableFile
    key_file: ReadableFile
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=1, le=65535)] = 8443
    https_cert_file: ReadableFile
    https_key_file: ReadableFile
    media_dir: Folder = Field(description="for uploads on their way, nothing else")
    media_slots: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="uploads that bring bytes at once"
    )
    media_disk_mb: Annotated[int, Field(ge=64)] = Field(
        default=4096, description="disk for uploads on their way"
    )
    media_kb: Annotated[int, Field(ge=64)] = Field(
        default=6144, description="KiB per second that all uploads together may bring"
    )
    media_device_kb: Annotated[int, Field(ge=16)] = Field(
        default=4096, description="KiB per second that one device may send on average"
    )
    media_burst_mb: Annotated[int, Field(ge=1)] = Field(
        default=256, description="MiB that a device may send before that counts"
    )
    lease_ttl_ms: Annotated[int, Field(ge=500, le=60_000)] = 1500
    calls: Annotated[int, Field(ge=1, le=32)] = Field(
        default=2, description="ingest calls at once; one less than Odoo has workers"
    )
    call_events: Annotated[int, Field(ge=100, le=10_000)] = 1000
    call_bytes: Annotated[int, Field(ge=128 * 1024, le=64 * 1024**2)] = 2 * 1024**2
    call_backlog_events: Annotated[int, Field(ge=100, le=10_000)] = 200
    queue_bytes: Annotated[int, Field(ge=1024**2, le=1024**3)] = 24 * 1024**2
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _check_certificates(self) -> "Settings":
        tls_context(self.ca_file, self.cert_file, self.key_file)
        tls_context(self.ca_file, self.https_cert_file, self.https_key_file)
        check_name(self.cert_file, self.name, "BRIDGE_NAME")
        return self
