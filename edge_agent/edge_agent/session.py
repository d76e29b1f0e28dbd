"""Who is at the bay, which order is up, and the evidence taken for what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbay_contract.checks import Check, Tick, merged
from workbay_contract.events import MediaRef

NodeKey = tuple[int, str]
"""A job and the code of a node of its process."""


@dataclass(frozen=True)
class Gathered:
    """What was entered since the last confirmation, nothing of it in an event yet."""

    checks: Mapping[int, tuple[Check, ...]] = field(default_factory=dict)
    ticks: Mapping[NodeKey, tuple[Tick, ...]] = field(default_factory=dict)
    signatures: Mapping[NodeKey, MediaRef] = field(default_factory=dict)


@dataclass(eq=False, frozen=True)
class Coming:
    """A video that is being recorded, brought or made for what is confirmed next."""


@dataclass
class Session:
    """Hashes as scanned: what they mean is looked up on the newest board each time.

    :ivar job: the job that is looked at; None until one was chosen.
    :ivar checks: steps checked off for the next confirmation, by job and step.
    :ivar photos: and videos, taken for the next confirmation.
    :ivar coming: a video that is not there yet.
    :ivar ticks: lines of a node's own checklist, by job and node, by code.
    :ivar expires: on the monotonic clock, in milliseconds.
    """

    badge: str | None = None
    sheet: str | None = None
    job: int | None = None
    photos: list[MediaRef] = field(default_factory=list)
    coming: Coming | None = None
    checks: dict[int, dict[int, Check]] = field(default_factory=dict)
    ticks: dict[NodeKey, dict[str, Tick]] = field(default_factory=dict)
    signatures: dict[NodeKey, MediaRef] = field(default_factory=dict)
    expires: int = 0

    @property
    def empty(self) -> bool:
        return (
            self.badge is None
            and self.sheet is None
            and not (self.photos or self.checks or self.ticks or self.signatures)
        )

    def scan_badge(self, badge: str) -> bool:
        """Another person's evidence is not this one's; the order stays up.

        :return: whether anything changed; the caller drops pictures taken out.
        """
        changed = self.badge != badge
        if changed:
            self._begin()
        self.badge = badge
        return changed

    def scan_sheet(self, sheet: str) -> bool:
        """:return: whether anything changed; evidence belongs to the order before."""
        changed = self.sheet != sheet
        if changed:
            self._begin()
        self.sheet = sheet
        return changed

    def _begin(self) -> None:
        self.job = None
        self.checks = {}
        self.ticks = {}

    def gathered(self) -> Gathered:
        return Gathered(
            checks={job: self.checked(job) for job in self.checks},
            ticks={key: self.ticked(*key) for key in self.ticks},
            signatures=dict(self.signatures),
        )

    def checked(self, job: int) -> tuple[Check, ...]:
        """What was checked off on a job since its last confirmation here."""
        return merged((), self.checks.get(job, {}).values())

    def ticked(self, job: int, node: str) -> tuple[Tick, ...]:
        """What was ticked and entered for a node."""
        return tuple(self.ticks.get((job, node), {}).values())

    def recorded(self, job: int, node: str) -> None:
        """A node was confirmed: its evidence is in an event now."""
        self.photos = []
        self.checks.pop(job, None)
        self.ticks.pop((job, node), None)
        self.signatures.pop((job, node), None)

    def take_pictures(self) -> list[MediaRef]:
        """Photos, videos and signatures, which are not the session's any more; one
        that is still coming is not expected any more."""
        pictures = [*self.photos, *self.signatures.values()]
        self.photos, self.signatures, self.coming = [], {}, None
        return pictures
