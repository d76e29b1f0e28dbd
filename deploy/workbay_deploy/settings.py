"""Settings of `deploy/up` and its siblings, read from options and the environment."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from workbay_deploy.errors import SettingsError

CHECKOUT = Path(__file__).resolve().parents[2]
WORKERS = 3
"""One more than bays' events take at once: boards and desks find one free."""


def _port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise ValueError("must be a port from 1024 to 65535")
    return int(text)


def _workers(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise ValueError("must be a number from 1 to 64")
    return int(text)


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def _existing_folder(text: str) -> Path:
    path = _folder(text)
    if not path.is_dir():
        raise ValueError("is not a folder")
    return path


def _mirror(text: str) -> str:
    if not re.fullmatch(r"(https?|file)://\S+", text):
        raise ValueError("must be a URL such as http://deb.debian.org/debian")
    return text.rstrip("/")


def _user(text: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", text) or text == "root":
        raise ValueError("must be the name of an ordinary user")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F.:]+", text):
        raise ValueError("must be an IP address")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", text):
        raise ValueError("must be a host name")
    return text


def _setting(parse: Any, text: str, default: Any, env: str | None = None) -> Any:
    return field(default=default, metadata={"parse": parse, "help": text, "env": env})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Each field is an option (--http-port) and a variable (WORKBAY_HTTP_PORT)."""

    http_port: int = _setting(_port, "Odoo as people open it", 8069)
    odoo_port: int = _setting(_port, "Odoo's workers", 8169)
    gevent_port: int = _setting(_port, "Odoo's websockets", 8172)
    mqtt_port: int = _setting(_port, "broker", 8883)
    media_port: int = _setting(_port, "bridge: media upload", 8443)
    bay_1_port: int = _setting(_port, "kiosk of the first virtual bay", 8101)
    bay_2_port: int = _setting(_port, "kiosk of the second virtual bay", 8102)
    bind: str = _setting(
        _address, "address that Odoo and broker listen at", "127.0.0.1"
    )
    host: str = _setting(_host, "name in URLs and certificates", "localhost")
    workers: int = _setting(_workers, "Odoo's worker processes", WORKERS)
    user: str = _setting(_user, "user that runs the services", "workbay")
    mirror: str = _setting(_mirror, "Debian mirror", "http://deb.debian.org/debian")
    odoo_home: Path | None = _setting(
        _existing_folder, "another official Odoo 19", None, env="ODOO_HOME"
    )
    runtime: Path | None = _setting(_folder, "folder that holds all state", None)

    @classmethod
    def load(cls, options: Mapping[str, str], environ: Mapping[str, str]) -> "Settings":
        """Options win over the environment; every mistake is named at once."""
        values: dict[str, Any] = {}
        mistakes: list[str] = []
        known = {option_name(setting.name) for setting in fields(cls)}
        mistakes += [
            f"{name}: there is no such option" for name in options if name not in known
        ]
        for setting in fields(cls):
            option = option_name(setting.name)
            variable = variable_name(setting)
            source, text = variable, environ.get(variable) or None
            if option in options:
                source, text = option, options[option]
            if text is None:
                continue
            try:
                values[setting.name] = setting.metadata["parse"](text)
            except ValueError as error:
                mistakes.append(f"{source}: {text!r} {error}")
        settings = cls(**values)
        mistakes += settings._shared_ports()
        if mistakes:
            raise SettingsError(mistakes)
        return settings

    @property
    def ports(self) -> dict[str, int]:
        """Port by the option that changes it."""
        return {
            option_name(setting.name): getattr(self, setting.name)
            for setting in fields(self)
            if setting.name.endswith("_port")
        }

    def _shared_ports(self) -> list[str]:
        by_port: dict[int, list[str]] = {}
        for option, port in self.ports.items():
            by_port.setdefault(port, []).append(option)
        return [
            f"{' and '.join(options)}: both ask for port {port}"
            for port, options in by_port.items()
            if len(options) > 1
        ]


def option_name(name: str) -> str:
    """`http_port` → `--http-port`."""
    return "--" + name.replace("_", "-")


def variable_name(setting: Any) -> str:
    """`http_port` → `WORKBAY_HTTP_PORT`."""
    return setting.metadata["env"] or "WORKBAY_" + setting.name.upper()


def read_options(
    arguments: Sequence[str], flags: Sequence[str] = ()
) -> tuple[dict[str, str], set[str]]:
    """Split a command line into options with a value and flags."""
    options: dict[str, str] = {}
    given: set[str] = set()
    mistakes: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, equals, text = argument.partition("=")
        if argument in flags:
            given.add(argument)
        elif not name.startswith("--"):
            mistakes.append(f"{argument}: expected an option that starts with --")
        elif equals:
            options[name] = text
        elif rest and not rest[0].startswith("--"):
            options[name] = rest.pop(0)
        elif option_exists(name):
            mistakes.append(f"{name}: needs a value")
        else:
            mistakes.append(f"{name}: there is no such option")
    if mistakes:
        raise SettingsError(mistakes)
    return options, given


def option_exists(name: str) -> bool:
    """Whether Settings has this option."""
    return any(option_name(setting.name) == name for setting in fields(Settings))


def describe_options() -> str:
    """The options as a table for --help."""
    return "\n".join(
        f"  {option_name(setting.name):<14} {setting.metadata['help']}"
        f" (default {setting.default}; {variable_name(setting)})"
        for setting in fields(Settings)
    )
