"""The bridge's HTTPS side: media, enrolment, health, metrics."""

import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from mqtt_bridge import odoo
from mqtt_bridge.allowance import Allowance
from mqtt_bridge.callers import Callers
from mqtt_bridge.devices import Devices
from mqtt_bridge.enrolling import Enrolling
from mqtt_bridge.media import Media
from mqtt_bridge.media_parts import MEGABYTE, Parts
from mqtt_bridge.metrics import Metrics
from mqtt_bridge.pictures import Pictures
from mqtt_bridge.settings import Settings

BURST = 256 * 1024
"""Bytes that uploads may bring at once before they are read slower."""

Health = Callable[[], tuple[bool, dict[str, Any]]]


def build_app(
    settings: Settings,
    methods: odoo.BridgeOdoo,
    devices: Devices,
    metrics: Metrics,
    health: Health,
) -> FastAPI:
    client = httpx.AsyncClient(
        base_url=settings.odoo_url,
        auth=odoo.ApiKey(settings.odoo_key_file),
        headers=odoo.headers(settings.odoo_db),
        timeout=httpx.Timeout(30, connect=3),
    )
    callers = Callers(
        devices.all,
        Allowance(settings.media_device_kb * 1024, settings.media_burst_mb * MEGABYTE),
    )
    media = Media(
        client,
        callers,
        Parts(settings.media_dir, settings.media_disk_mb * MEGABYTE),
        Allowance(settings.media_kb * 1024, BURST),
        settings.media_slots,
        metrics,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(media.router())
    app.include_router(Pictures(client, callers, metrics).router())
    enrolling = Enrolling(methods, devices.all, settings.ca_file.read_bytes, metrics)
    app.include_router(enrolling.router())

    @app.get("/health")
    def get_health() -> Response:
        is_well, details = health()
        return JSONResponse(details, 200 if is_well else 503)

    @app.get("/metrics")
    def get_metrics() -> Response:
        return PlainTextResponse(metrics.render())

    return app


class WebServer:
    """uvicorn in a thread, since the process's signals are the bridge's."""

    def __init__(self, settings: Settings, app: FastAPI) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.http_host,
                port=settings.http_port,
                ssl_certfile=str(settings.https_cert_file),
                ssl_keyfile=str(settings.https_key_file),
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=200,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=5,
            )
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What is shown to bays; None before the server runs."""
        found: ssl.SSLContext | None = getattr(self._server.config, "ssl", None)
        return found

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(8)

    def _run(self) -> None:
        # uvicorn logs why a port cannot be had and leaves; the bridge sees it end.
        self._server.run()
