from pathlib import Path

import pytest
from pydantic import ValidationError

from edge_agent.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAY_DATA_DIR", "/nowhere")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAY_KIOSK_PORT", "9000")
    monkeypatch.setenv("BAY_TIMERS__RESEND", "3")
    settings = Settings()
    assert (settings.data_dir, settings.kiosk_port) == (Path("/nowhere"), 9000)
    assert (settings.timers.resend, settings.timers.resend_max) == (3, 60)
    assert settings.kiosk_host == "127.0.0.1"


def test_every_mistake_is_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BAY_DATA_DIR")
    monkeypatch.setenv("BAY_KIOSK_PORT", "0")
    monkeypatch.setenv("BAY_CAMERA", "eye")
    monkeypatch.setenv("BAY_PANNEL", "gpio")
    monkeypatch.setenv("BAY_TIMERS__RESENT", "3")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert {error["loc"][0] for error in caught.value.errors()} == {
        "data_dir",
        "kiosk_port",
        "camera",
        "pannel",
        "timers",
    }


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().kiosk_port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BAY_CAMERA", "folder", "BAY_CAMERA_FOLDER"),
        ("BAY_TIMERS__RESEND_MAX", "1", "longest wait is shorter"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=says):
        Settings()
