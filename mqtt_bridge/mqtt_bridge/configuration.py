"""Settings that refuse to start on nonsense, with every mistake named at once."""

import json
import re
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from workbay_contract.types import DeviceId

_Settings = TypeVar("_Settings", bound="Configuration")


class ConfigurationError(Exception):
    """What is wrong with the settings, one line for each mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class BrokerAddress(BaseModel):
    """Where a broker listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _readable(path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"{path} is not a folder")
    return path


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL such as http://127.0.0.1:8069")
    return text.rstrip("/")


def _secret(path: Path) -> Path:
    if not re.fullmatch(r"[\x21-\x7e]{8,200}", _readable(path).read_text().strip()):
        raise ValueError(f"{path} does not hold an API key")
    return path


def parse_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"must be JSON: {error}") from error


def _each_once(brokers: tuple[BrokerAddress, ...]) -> tuple[BrokerAddress, ...]:
    if len(set(brokers)) != len(brokers):
        raise ValueError("names a broker twice")
    return brokers


ReadableFile = Annotated[Path, AfterValidator(_readable)]
Folder = Annotated[Path, AfterValidator(_folder)]
SecretFile = Annotated[Path, AfterValidator(_secret)]
Url = Annotated[str, AfterValidator(_url)]
Brokers = Annotated[
    tuple[BrokerAddress, ...],
    NoDecode,  # else a slip in the JSON would hide every other mistake
    BeforeValidator(parse_json),
    Field(min_length=1, description='[{"host": "localhost", "port": 8883}]'),
    AfterValidator(_each_once),
]
ServiceName = DeviceId


class Configuration(BaseSettings):
    """The parent of each service's settings; load it by :func:`load`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")


class OdooSettings(Configuration):
    """How to reach Odoo."""

    odoo_url: Url
    odoo_db: Annotated[str, Field(min_length=1)]
    odoo_key_file: SecretFile = Field(description="file that holds the API key")


def load(
    cls: type[_Settings], environ: Mapping[str, str], also: Iterable[str] = ()
) -> _Settings:
    """Read the settings from the environment alone.

    :param also: settings that are known, and of no concern here.
    :raises ConfigurationError: with everything that is wrong.
    """
    prefix = str(cls.model_config["env_prefix"])
    mistakes = [
        f"{name}: there is no such setting"
        for name in sorted(environ)
        if name.startswith(prefix)
        and name.removeprefix(prefix).lower() not in (*cls.model_fields, *also)
    ]
    values = {
        name: environ[prefix + name.upper()]
        for name in cls.model_fields
        if prefix + name.upper() in environ
    }
    try:
        settings = cls(**values)
    except ValidationError as error:
        mistakes += [_mistake(prefix, dict(found)) for found in error.errors()]
    if mistakes:
        raise ConfigurationError(mistakes)
    return settings


def tls_context(ca: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """For a client that shows its certificate and trusts our CA alone.

    :raises ValueError: the files do not belong together.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise ValueError(f"{ca}, {certificate}, {key}: {error}") from error
    return context


def _mistake(prefix: str, found: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in found["loc"])
    text = found["msg"].removeprefix("Value error, ")
    return f"{prefix}{where.upper()}: {text}" if where else text
