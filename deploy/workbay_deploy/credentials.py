"""Keys and certificates of a chain, made at set-up and never committed."""

from collections.abc import Mapping

from workbay_deploy import commands
from workbay_deploy.chain import Chain
from workbay_deploy.progress import Progress


def ensure(chain: Chain, env: Mapping[str, str], progress: Progress) -> None:
    """CA, broker's, bridge's and enrolment's certificates, Odoo's signing key."""
    secrets = chain.paths.secrets
    done = secrets / "complete"
    wanted = f"{chain.host}\n"
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return
    python = chain.installed.python
    log = chain.installed.log
    with progress.step("Making keys and certificates"):
        chain.signing_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        commands.run(
            [python, "-m", "workbay_contract.keys", "generate", chain.signing_key],
            log=log,
            env=env,
            failure="Odoo's signing key could not be made: see above.",
        )
        commands.run(
            [
                *(python, "-m", "mqtt_bridge.enrolment", "init"),
                *("--dir", secrets, "--host", chain.host),
            ],
            log=log,
            env=env,
            failure="The CA and its certificates could not be made: see above.",
        )
    done.write_text(wanted, encoding="utf-8")
