"""How the bay fares, as told with every hello and each minute."""

from collections.abc import Callable

from edge_agent import __version__
from edge_agent.media import MediaStore
from edge_agent.outbox import Outbox
from workbay_contract.state import Health


class HealthProbe:
    """:param camera: whether the camera gives pictures."""

    def __init__(
        self, outbox: Outbox, media: MediaStore, camera: Callable[[], bool]
    ) -> None:
        self._outbox = outbox
        self._media = media
        self._camera = camera

    def __call__(self) -> Health:
        counts = self._outbox.counts()
        newest = self._outbox.checkpoints.newest
        return Health(
            agent=__version__,
            waiting=counts.events,
            media_waiting=counts.media + counts.media_stuck,
            disk_free_mb=self._media.free_mb(),
            camera=self._camera(),
            checkpoint=newest.mark if newest else None,
            contradicted=counts.contradicted,
        )
