"""Keys and certificates of a chain, made at set-up and never committed."""

from collections.abc import Mapping

from workbay_deploy import commands
from workbay_deploy.chain import Chain
from workbay_deploy.progress import Progress


def ensure(chain: Chain, env: Mapping[str, str], progress: Progress) -> None:
    """CA, broker's, bridge's and enrolment's certificates, Odoo's signing key."""
    python = chain.installed.python
    log = chain.installed.log
    chain.signing_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with progress.step("Checking keys and certificates"):
        commands.run(
            [python, "-m", "workbay_contract.key_files", "generate", chain.signing_key],
            log=log,
            env=env,
            failure="Odoo's signing key could not be made: see above.",
        )
        # Makes what is missing and renews what ends soon.
        commands.run(
            [
                *(python, "-m", "mqtt_bridge.enrolment", "init"),
                *("--dir", chain.paths.secrets, "--host", chain.host),
                *(
                    ()
                    if chain.local_address == chain.host
                    else ("--host", chain.local_address)
                ),
            ],
            log=log,
            env=env,
            failure="The CA and its certificates could not be made: see above.",
        )
