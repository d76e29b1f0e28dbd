"""Who is at the bay, which order is up, and the photos taken for what comes next."""

from dataclasses import dataclass, field

from workbay_contract.checks import Check, merged
from workbay_contract.events import MediaRef


@dataclass
class Session:
    """Hashes as scanned: what they mean is looked up on the newest board each time.

    :ivar checks: steps checked off for the next confirmation, by job and step.
    :ivar expires: on the monotonic clock, in milliseconds.
    """

    badge: str | None = None
    sheet: str | None = None
    photos: list[MediaRef] = field(default_factory=list)
    checks: dict[int, dict[int, Check]] = field(default_factory=dict)
    expires: int = 0

    @property
    def empty(self) -> bool:
        return (
            self.badge is None
            and self.sheet is None
            and not self.photos
            and not self.checks
        )

    def scan_badge(self, badge: str) -> bool:
        """Another person's photos and checks are not this one's; the order stays up.

        :return: whether anything changed; the caller drops photos taken out.
        """
        changed = self.badge != badge
        if changed:
            self.checks = {}
        self.badge = badge
        return changed

    def scan_sheet(self, sheet: str) -> bool:
        """:return: whether anything changed; photos belong to the order before."""
        changed = self.sheet != sheet
        if changed:
            self.checks = {}
        self.sheet = sheet
        return changed

    def checked(self, job: int) -> tuple[Check, ...]:
        """What was checked off on a job since its last confirmation here."""
        return merged((), self.checks.get(job, {}).values())

    def take_photos(self) -> list[MediaRef]:
        """The photos, which are not the session's any more."""
        photos, self.photos = self.photos, []
        return photos
