"""Odoo is reached at one URL: pages by its workers, the live connection by gevent."""

import base64
import os
import socket
from urllib.parse import urlsplit

import httpx

from workbay_deploy.stack import Stack


def test_the_live_connection_goes_through_the_same_url(stack: Stack) -> None:
    url = stack.chain.odoo_url
    at = urlsplit(url)
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((at.hostname, at.port), timeout=10) as link:
        link.sendall(
            f"GET /websocket HTTP/1.1\r\nHost: {at.netloc}\r\nOrigin: {url}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert link.recv(12) == b"HTTP/1.1 101"
    assert httpx.get(f"{url}/web/login").status_code == 200
