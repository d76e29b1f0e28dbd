"""Records a bounded video from the bay's camera."""

import contextlib
import subprocess
import time
from pathlib import Path
from threading import Event, Lock, Thread

from edge_agent import video
from edge_agent.camera import CameraError, CameraFeed, Frame
from edge_agent.media import MediaStore
from edge_agent.video import VideoError
from workbay_contract.events import MAX_VIDEO_SECONDS, MediaRef

FIRST_FRAME_SECONDS = 2.0
WAIT_SECONDS = 0.5


class Recorder:
    """One recording at a time; safe from any thread.

    Frames are encoded while they come, so that a minute is ready a moment after its
    end. A recording ends by itself after ``MAX_VIDEO_SECONDS``, and where the camera
    starts to give pictures of another size; what there is until then is the video.
    """

    def __init__(self, camera: CameraFeed, store: MediaStore) -> None:
        self._camera = camera
        self._store = store
        self._lock = Lock()
        self._running: _Recording | None = None

    @property
    def seconds(self) -> float | None:
        """How long the recording is so far; None when there is none."""
        with self._lock:
            return self._running.seconds if self._running else None

    @property
    def ended(self) -> bool:
        """Whether there is no recording that still goes on."""
        with self._lock:
            return self._running is None or not self._running.goes_on

    def start(self) -> None:
        """:raises VideoError: one is being recorded, or the encoder does not start.
        :raises CameraError: the camera gives no picture.
        :raises PhotoError: there is no room for a video.
        """
        with self._lock:
            if self._running is not None:
                raise VideoError("video_busy")
            first = self._camera.wait_frame(0, FIRST_FRAME_SECONDS)
            if first is None:
                raise CameraError(self._camera.error or "no picture")
            self._running = _Recording(self._camera, first, self._store.incoming())

    def stop(self) -> MediaRef:
        """End the recording and keep it.

        :raises VideoError: nothing was being recorded, or it came to nothing.
        :raises PhotoError: there is no room for it.
        """
        recording = self._take()
        if recording is None or not recording.end():
            raise VideoError("video_unreadable")
        return self._store.keep_video(recording.target, recorded=True)

    def cancel(self) -> None:
        """End it and forget it; none is no error."""
        recording = self._take()
        if recording is not None:
            recording.end()
            recording.target.unlink(missing_ok=True)

    def _take(self) -> "_Recording | None":
        with self._lock:
            recording, self._running = self._running, None
        return recording


class _Recording:
    def __init__(
        self, camera: CameraFeed, first: tuple[int, Frame], target: Path
    ) -> None:
        self.target = target
        self._camera = camera
        self._number, frame = first
        self._shape = frame.shape
        try:
            self._encoder = subprocess.Popen(
                video.encoding((frame.shape[1], frame.shape[0]), target),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            target.unlink(missing_ok=True)
            raise VideoError("video_unreadable") from error
        self._ended = Event()
        self._begun = time.monotonic()
        self._last = self._begun
        self._thread = Thread(
            target=self._feed, args=(frame,), name="recorder", daemon=True
        )
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        return self._thread.is_alive()

    @property
    def seconds(self) -> float:
        end = time.monotonic() if self.goes_on else self._last
        return end - self._begun

    def end(self) -> bool:
        """Let the encoder finish; whether it made a video. No file is left else."""
        self._ended.set()
        self._thread.join()
        try:
            made = self._encoder.wait(video.WALL_SECONDS) == 0
        except subprocess.TimeoutExpired:
            self._encoder.kill()
            self._encoder.wait()
            made = False
        if not made:
            self.target.unlink(missing_ok=True)
        return made

    def _feed(self, frame: Frame) -> None:
        pipe = self._encoder.stdin
        assert pipe is not None
        # A broken pipe: the encoder ended, and its status tells.
        with contextlib.suppress(BrokenPipeError), pipe:
            written = 0
            goes_on = True
            while goes_on:
                newer = self._next()
                goes_on = newer is not None
                self._last = min(time.monotonic(), self._begun + MAX_VIDEO_SECONDS)
                # By this clock, not the encoder's, which may be kept waiting: each
                # frame is there from when it came until the next, or the end.
                due = max(1, round((self._last - self._begun) * video.CAMERA_RATE))
                data = frame.tobytes()
                for _ in range(due - written):
                    pipe.write(data)
                written = max(written, due)
                frame = frame if newer is None else newer

    def _next(self) -> Frame | None:
        """The next frame; None: the recording ends here."""
        while not self._ended.is_set():
            if time.monotonic() - self._begun >= MAX_VIDEO_SECONDS:
                return None
            found = self._camera.wait_frame(self._number, WAIT_SECONDS)
            if found is not None:
                self._number, frame = found
                return frame if frame.shape == self._shape else None
        return None
