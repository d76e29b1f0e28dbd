"""A chain with two brokers and two bridges."""

import dataclasses
import json
import shutil
from typing import Any

from workbay_deploy import broker, commands, readiness, services
from workbay_deploy.machine import free_port
from workbay_deploy.services import Service
from workbay_deploy.stack import Stack

SECOND = "bridge-bench-02"


class TwoOfEach(Stack):
    """Brokers that know nothing of each other; both bridges connect to both.

    The second ones are the services ``mosquitto-2`` and ``bridge-2``.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._mqtt, self._media = free_port(), free_port()

    @property
    def brokers(self) -> list[dict[str, Any]]:
        """As a bay's ``device.json`` names them."""
        return [*self.chain.brokers, {"host": self.chain.host, "port": self._mqtt}]

    def start(self) -> None:
        super().start()
        self._launch(self._second_bridge())

    def _launch(self, service: Service) -> None:
        if service.name == "mosquitto":
            self._admit_second_bridge()
            super()._launch(self._second_broker(service))
        known = {
            name: json.dumps(self.brokers)
            for name in service.env
            if name in ("BRIDGE_BROKERS", "ENROL_BROKERS")
        }
        if service.name == "enrolment":
            known["ENROL_BRIDGES"] = json.dumps([services.BRIDGE, SECOND])
        super()._launch(dataclasses.replace(service, env={**service.env, **known}))

    def _admit_second_bridge(self) -> None:
        chain = self.chain
        commands.run(
            [
                *(chain.installed.python, "-m", "mqtt_bridge.enrolment", "init"),
                *("--dir", chain.paths.secrets),
                *("--host", chain.host, "--host", chain.local_address),
                *("--bridge", services.BRIDGE, "--bridge", SECOND),
            ],
            log=chain.installed.log,
            env=services.base_env(chain),
            failure="The second bridge's certificate could not be made: see above.",
        )

    def _second_broker(self, first: Service) -> Service:
        chain = self.chain
        secrets = chain.paths.secrets / "broker-2"
        shutil.copytree(chain.paths.secrets / "broker", secrets)
        conf = chain.paths.etc / "mosquitto-2.conf"
        conf.write_text(
            broker.CONF.format(
                port=self._mqtt,
                bind=chain.bind,
                secrets=secrets,
                plugin=broker.plugin(),
            ),
            encoding="utf-8",
        )
        return dataclasses.replace(
            first,
            name="mosquitto-2",
            argv=(first.argv[0], "-c", str(conf)),
            owns=(secrets,),
            ready=readiness.tcp(self._mqtt, chain.local_address),
        )

    def _second_bridge(self) -> Service:
        first = services.bridge(self.chain)
        secrets = self.chain.paths.secrets / SECOND
        media = self.chain.paths.root / "media-2"
        media.mkdir()
        return dataclasses.replace(
            first,
            name="bridge-2",
            owns=(*first.owns, secrets, media),
            ready=readiness.tcp(self._media, self.chain.local_address),
            env={
                **first.env,
                "BRIDGE_NAME": SECOND,
                "BRIDGE_HTTP_PORT": str(self._media),
                "BRIDGE_MEDIA_DIR": str(media),
                "BRIDGE_CERT_FILE": str(secrets / "client.crt"),
                "BRIDGE_KEY_FILE": str(secrets / "client.key"),
                "BRIDGE_HTTPS_CERT_FILE": str(secrets / "https.crt"),
                "BRIDGE_HTTPS_KEY_FILE": str(secrets / "https.key"),
            },
        )
