"""The last step of deploy/up: one car on real parts, told as a timeline."""

import subprocess

from workbay_deploy.chain import Chain
from workbay_deploy.errors import CommandError
from workbay_deploy.progress import Progress
from workbay_deploy.services import base_env


def tell(chain: Chain, progress: Progress, *, again: bool) -> None:
    """Run the story once per database and keep its timeline; later runs show it."""
    record = chain.paths.root / "story.txt"
    if again or not record.is_file():
        progress.say()
        record.write_text(_run(chain, progress), encoding="utf-8")
        return
    progress.say()
    progress.say(record.read_text(encoding="utf-8").rstrip())
    progress.say("(told at set-up; deploy/up --story lets another car come)")


def _run(chain: Chain, progress: Progress) -> str:
    lines: list[str] = []
    process = subprocess.Popen(
        [chain.installed.python, "-m", "workbay_deploy.story"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**base_env(chain), **story_env(chain)},
        cwd=chain.installed.source,
    )
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        progress.say(line.rstrip())
    if process.wait() != 0:
        raise CommandError(
            "The chain runs, but the story of the first car did not come to its end: "
            "see above, and deploy/up --story tells it again."
        )
    return "".join(lines)


def story_env(chain: Chain) -> dict[str, str]:
    """All that the story needs to find the running chain."""
    return {
        "WORKBAY_ODOO_URL": chain.odoo_url,
        "WORKBAY_DATABASE": chain.database,
        "WORKBAY_DEMO": str(chain.paths.root),
        "WORKBAY_KIOSKS": ",".join(
            chain.kiosk_url(n + 1) for n in range(len(chain.ports.bays))
        ),
        "WORKBAY_BAYS": ",".join(str(folder) for folder in chain.bay_folders),
    }
