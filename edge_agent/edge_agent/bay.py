"""The bay as the kiosk sees it: who is here, which order is up, what may be confirmed.

``Bay`` is safe to call from any thread.
"""

from collections.abc import Callable
from pathlib import Path

from edge_agent.view import Recorded, Refusal, ScanResult, View
from workbay_contract.events import MediaRef


class Bay:
    """The facade behind kiosk, scanner and panel.

    Local state is the newest board folded with the bay's own events that the board
    cannot know yet; it is never stored.
    """

    def scanned(self, text: str) -> ScanResult:
        """Take a decoded code: a badge says who is here, a sheet which order is up.

        The same code seen again only keeps the session alive (``changed`` is False).
        """
        raise NotImplementedError

    def view(self, lang: str | None = None) -> View:
        """What to show, in ``lang``, else the person's language, else the board's."""
        raise NotImplementedError

    def add_photo(self, frame_jpeg: bytes) -> MediaRef | Refusal:
        """Keep a photo for the node that is confirmed next.

        Refused without a person and an order, when the disk budget is spent, or when
        the bytes are no picture.
        """
        raise NotImplementedError

    def drop_photo(self, sha256: str) -> None:
        """Take back a photo that no event names yet; an unknown one is no error."""
        raise NotImplementedError

    def photo(self, sha256: str) -> Path | None:
        """The file of a photo that lies on this bay's disk."""
        raise NotImplementedError

    def confirm(
        self, job: int, node: str, reason: str | None = None
    ) -> Recorded | Refusal:
        """Confirm a node of a job of the order that is up, with the photos taken.

        ``Recorded`` is returned only once the event is committed to disk.
        """
        raise NotImplementedError

    def clear_session(self) -> None:
        """Nobody is here, no order is up, photos not confirmed are dropped."""
        raise NotImplementedError

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after every change, from the thread that made it; it must
        not block.

        :return: ends the subscription.
        """
        raise NotImplementedError

    def wait_change(self, version: int, timeout: float) -> int:
        """Wait until the view is newer than ``version``, at most ``timeout`` seconds.

        :return: the version now; not newer when the time ran out.
        """
        raise NotImplementedError
