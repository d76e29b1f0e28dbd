"""How the bay fares, as told with every hello and each minute."""

from collections.abc import Callable

from edge_agent import __version__
from edge_agent.clock import Clock
from edge_agent.media import MediaStore
from edge_agent.outbox import Outbox
from workbay_contract.clock import wall_ms
from workbay_contract.state import Health


class HealthProbe:
    """:param camera: whether the camera gives pictures.

    :param clock: the bay's own, to tell how far it is off.
    :param until: when the certificate ends, in milliseconds.
    """

    def __init__(
        self,
        outbox: Outbox,
        media: MediaStore,
        camera: Callable[[], bool],
        clock: Clock | None = None,
        until: Callable[[], int] | None = None,
    ) -> None:
        self._outbox = outbox
        self._media = media
        self._clock = clock
        self._camera = camera
        self._until = until

    def __call__(self) -> Health:
        counts = self._outbox.counts()
        newest = self._outbox.checkpoints.newest
        return Health(
            agent=__version__,
            waiting=counts.events,
            media_waiting=counts.media + counts.media_stuck,
            disk_free_mb=self._media.free_mb(),
            media_full=self._media.is_full(),
            camera=self._camera(),
            checkpoint=newest.mark if newest else None,
            contradicted=counts.contradicted,
            wall=max(0, wall_ms(self._clock.wall())) if self._clock else None,
            synced=self._clock.synced() if self._clock else True,
            certificate_until=self._until() if self._until else None,
        )
