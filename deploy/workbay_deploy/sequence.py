"""The order in which a chain comes up, whoever runs its processes."""

from collections.abc import Mapping
from typing import Protocol

from workbay_deploy import bays, broker, odoo_conf, provisioning, proxy, services
from workbay_deploy.chain import Chain
from workbay_deploy.progress import Progress
from workbay_deploy.services import Service


class Runner(Protocol):
    """Starts services; the demo's supervisor or a test's child processes."""

    def configure(self) -> None:
        """Write the configuration; services that it changed are to start anew."""

    def start(self, service: Service, progress: Progress) -> None:
        """Return once the service is ready; at once where it runs already."""


def start_chain(
    chain: Chain, runner: Runner, env: Mapping[str, str], progress: Progress
) -> None:
    """From a running database with our addons to bays that are enrolled and run."""
    provisioning.ensure(chain, env, progress)
    runner.configure()  # the services' keys to Odoo are there only now
    for service in (
        services.mosquitto(chain),
        services.odoo(chain),
        services.odoo_cron(chain),
        services.nginx(chain),
        services.enrolment(chain),
        services.bridge(chain),
    ):
        runner.start(service, progress)
    bays.ensure_enrolled(chain, progress)
    runner.configure()
    for number in range(1, len(chain.ports.bays) + 1):
        runner.start(services.bay(chain, number), progress)


def write_configuration(chain: Chain) -> None:
    """What Odoo, broker and nginx read at their start."""
    odoo_conf.configure(chain)
    broker.configure(chain)
    proxy.configure(chain)
