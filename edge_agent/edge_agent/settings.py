"""Settings of one bay agent, read from the environment (``BAY_…``)."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

CameraKind = Literal["virtual", "v4l2", "picamera2", "folder", "browser"]
PanelKind = Literal["none", "gpio", "fake"]


class Timers(BaseModel):
    """Every wait of the publisher, in seconds; as shipped, the protocol's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resend: float = Field(default=5, gt=0, description="first wait for an answer")
    resend_max: float = Field(default=60, gt=0, description="the wait doubles to this")
    no_subscriber: float = Field(default=0.3, gt=0, description="after a refused send")
    unheard: float = Field(
        default=10, gt=0, description="no subscriber for so long: try the next broker"
    )
    refused: float = Field(
        default=60, gt=0, description="after a refusal that only the office can mend"
    )
    health: float = Field(default=60, gt=0, description="between two signs of life")
    reconnect: float = Field(default=0.5, gt=0, description="after all brokers failed")
    reconnect_max: float = Field(default=30, gt=0, description="doubling to this")
    prefer: float = Field(
        default=60, gt=0, description="between tries of the preferred broker"
    )

    @model_validator(mode="after")
    def _waits_grow(self) -> Self:
        if self.resend_max < self.resend or self.reconnect_max < self.reconnect:
            raise ValueError("a longest wait is shorter than the first")
        return self


Pin = Annotated[int, Field(ge=0, le=27)]


class Pins(BaseModel):
    """BCM numbers. Buttons connect to ground; lamps and buzzer are active high."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: Pin = 17
    pause: Pin = 27
    finish: Pin = 22
    red: Pin = 5
    amber: Pin = 6
    green: Pin = 13
    buzzer: Pin = 19

    @model_validator(mode="after")
    def _each_its_own(self) -> Self:
        numbers = list(self.model_dump().values())
        if len(set(numbers)) != len(numbers):
            raise ValueError("two of them share a pin")
        return self


class _StrictEnvironment(EnvSettingsSource):
    """Names every variable with our prefix, so that a misspelt one is refused."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        known = self.settings_cls.model_fields
        for name, value in self.env_vars.items():
            field = name.lower().removeprefix(self.env_prefix.lower())
            if field == name.lower() or field.split("__")[0] in known:
                continue
            values[field] = value
        return values


class Settings(BaseSettings):
    """Fails at start-up, with every mistake listed, rather than at first use."""

    model_config = SettingsConfigDict(
        env_prefix="BAY_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Field(description="identity, outbox and media of this bay")
    kiosk_host: str = Field(default="127.0.0.1", min_length=1)
    kiosk_port: int = Field(default=8080, ge=1, le=65535)
    kiosk_names: tuple[str, ...] = Field(
        default=(), description="further names by which a browser may reach the kiosk"
    )
    camera: CameraKind = "virtual"
    camera_folder: Path | None = Field(
        default=None, description="pictures to show, of the kind 'folder'"
    )
    camera_device: str = Field(default="/dev/video0", description="of the kind 'v4l2'")
    panel: PanelKind = "none"
    pins: Pins = Field(default=Pins(), description="of the panel of the kind 'gpio'")
    phone_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+$",
        description="where phones reach this bay; none: no phone can be paired",
    )
    phone_host: str = Field(
        default="0.0.0.0",  # noqa: S104 - only once phones are wanted
        min_length=1,
        description="listened at for phones",
    )
    phone_port: int = Field(default=8090, ge=1, le=65535)
    media_budget_mb: int = Field(
        default=2048, ge=16, description="disk for photos that are not uploaded yet"
    )
    media_kb_per_s: int = Field(
        default=1024, ge=16, description="KiB per second that an upload may take"
    )
    disk_reserve_mb: int = Field(
        default=200, ge=0, description="free disk that photos may not use; events may"
    )
    lang: str = Field(
        default="en_US",
        pattern=r"^[a-z]{2}_[A-Z]{2}$",
        description="language until a board says another",
    )
    session_minutes: float = Field(
        default=10, gt=0, description="idle time after which the person is forgotten"
    )
    keepalive: int = Field(default=10, ge=1, le=60, description="of MQTT, in seconds")
    timers: Timers = Timers()

    @model_validator(mode="after")
    def _camera_has_its_source(self) -> Self:
        if self.camera == "folder" and self.camera_folder is None:
            raise ValueError("camera 'folder' needs BAY_CAMERA_FOLDER")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _StrictEnvironment(settings_cls)
