"""Nobody but the kiosk's own page reaches the kiosk."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from edge_agent.kiosk.guard import Guard, allowed_hosts

URL = "http://127.0.0.1:8080"


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return "read"

    @app.post("/")
    def write(body: dict[str, Any]) -> str:
        return "written"

    hosts = allowed_hosts("127.0.0.1", 8080, ["bay-1.workshop.example"])
    app.add_middleware(Guard, hosts=hosts)
    return TestClient(app, base_url=URL)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8080", "LOCALHOST:8080", "[::1]:8080", "bay-1.workshop.example:8080"],
)
def test_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1:9090",
        "127.0.0.1",
        "127.0.0.1:8080.evil.example",
        "",
    ],
)
def test_a_foreign_name_reads_and_writes_nothing(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.get("/", headers=headers).status_code == 421
    assert client.post("/", json={}, headers=headers).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:9090", "http://localhost:8080"],
)
def test_another_origin_reads_and_writes_nothing(
    client: TestClient, origin: str
) -> None:
    assert client.get("/", headers={"Origin": origin}).status_code == 403
    assert client.post("/", json={}, headers={"Origin": origin}).status_code == 403


def test_a_post_has_to_say_where_it_comes_from(client: TestClient) -> None:
    assert client.post("/", json={}).status_code == 403
    assert client.post("/", json={}, headers={"Origin": URL}).status_code == 200


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""],
)
def test_a_form_cannot_post(client: TestClient, media_type: str) -> None:
    headers = {"Origin": URL, "Content-Type": media_type}
    assert client.post("/", content="{}", headers=headers).status_code == 415


def test_a_large_body_is_refused_before_it_is_read(client: TestClient) -> None:
    headers = {"Origin": URL}
    large = {"text": "x" * 20000}
    assert client.post("/", json=large, headers=headers).status_code == 413


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for response in (client.get("/"), client.get("/", headers={"Host": "evil"})):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"


def test_listening_everywhere_does_not_make_every_name_ours() -> None:
    hosts = allowed_hosts("0.0.0.0", 8101, ["bay.example", "proxy.example:443"])
    assert hosts == {
        "localhost:8101",
        "127.0.0.1:8101",
        "[::1]:8101",
        "bay.example:8101",
        "proxy.example:443",
    }
    assert "[fe80::1]:80" in allowed_hosts("fe80::1", 80)
