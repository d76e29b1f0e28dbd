"""What deploy/status makes of the supervisor's answers."""

from typing import Any

from workbay_deploy.status import since, table
from workbay_deploy.supervision import Process


def info(**more: Any) -> dict[str, Any]:
    return {"name": "odoo", "statename": "RUNNING", "pid": 7, "start": 100, **more}


def test_a_running_service_has_a_start() -> None:
    process = Process.parse(info())
    assert (process.state, process.pid, process.started_at) == ("running", 7, 100)


def test_a_stopped_service_has_none_though_it_once_started() -> None:
    process = Process.parse(info(statename="STOPPED", pid=0))
    assert process.started_at == 0


def test_the_table_keeps_the_starting_order_and_shows_reasons() -> None:
    text = table(
        [
            Process.parse(info(name="odoo", start=1000)),
            Process.parse(
                info(
                    name="nginx",
                    statename="BACKOFF",
                    pid=0,
                    spawnerr="Exited too quickly",
                )
            ),
            Process.parse(info(name="postgres", start=10)),
        ],
        {"postgres": "/run", "odoo": "http://localhost:8069", "nginx": "http://x"},
        now=1100,
    )
    lines = text.splitlines()
    assert [line.split()[0] for line in lines] == [
        "service",
        "postgres",
        "odoo",
        "nginx",
    ]
    assert "1 min" in lines[2]
    assert "http://localhost:8069" in lines[2]
    assert "Exited too quickly" in lines[3]


def test_durations_are_for_people() -> None:
    assert [since(0, 9), since(1, 13), since(1, 3601), since(1, 7501)] == [
        "–",
        "12 s",
        "1 h 00 min",
        "2 h 05 min",
    ]
    assert since(1, 200000 + 1) == "2 days"
