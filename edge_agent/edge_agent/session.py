"""Who is at the bay, which order is up, and the photos taken for what comes next."""

from dataclasses import dataclass, field

from workbay_contract.events import MediaRef


@dataclass
class Session:
    """Hashes as scanned: what they mean is looked up on the newest board each time.

    :ivar expires: on the monotonic clock, in milliseconds.
    """

    badge: str | None = None
    sheet: str | None = None
    photos: list[MediaRef] = field(default_factory=list)
    expires: int = 0

    @property
    def empty(self) -> bool:
        return self.badge is None and self.sheet is None and not self.photos

    def scan_badge(self, badge: str) -> bool:
        """Another person's photos are not this one's evidence; the order stays up.

        :return: whether anything changed; the caller drops photos taken out.
        """
        changed = self.badge != badge
        self.badge = badge
        return changed

    def scan_sheet(self, sheet: str) -> bool:
        """:return: whether anything changed; photos belong to the order before."""
        changed = self.sheet != sheet
        self.sheet = sheet
        return changed

    def take_photos(self) -> list[MediaRef]:
        """The photos, which are not the session's any more."""
        photos, self.photos = self.photos, []
        return photos
