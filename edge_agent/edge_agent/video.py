"""Videos as they are kept: H.264 in MP4, upright, bounded, only picture and sound.

ffmpeg comes from the distribution, which mends its faults. It runs as a process of its
own under limits of memory, time and file size, at the lowest priority, reads local
files of the MP4 family alone, and every byte of what is kept was encoded here: whatever
a phone's file carries beside its pictures and sound does not survive.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from shlex import split
from typing import Any

from edge_agent.errors import AgentError
from workbay_contract import mp4
from workbay_contract.events import MAX_VIDEO_BYTES, MAX_VIDEO_SECONDS

MEGABYTE = 1024 * 1024
MAX_SOURCE_BYTES = 512 * MEGABYTE
"""A minute of an iPhone's 4K at 60 frames/s is about 400 MB."""
LONG_SIDE = 1280
FRAME_RATE = 30
CAMERA_RATE = 10
"""The bay's camera gives fewer; a frame is repeated at almost no cost."""
RECORDING_NICE = "5"
"""Somebody stands before it; what a phone brought can wait at the lowest priority."""
MOST_PIXELS = 4096 * 2304
"""What a phone records; a decoder that is asked for more ends."""
GRACE_SECONDS = 1.0
"""A phone stops when it stops."""
SHORTEST = 0.9
"""So much of what the file announces has to be in it."""

_LIMITS = (
    "prlimit",
    f"--as={1536 * MEGABYTE}",
    f"--fsize={MAX_SOURCE_BYTES}",
    "--cpu=600",
    "--nofile=64",
    "--core=0",
    "--",
    "nice",
    "-n",
    "19",
)
WALL_SECONDS = 600.0
LOOK_SECONDS = 0.25
"""How often a making is looked at: how far it is, and whether it is still wanted."""
PROGRAMS = ("ffmpeg", "ffprobe", "prlimit", "nice")
_CODECS = ("h264", "hevc")
_HDR = ("arib-std-b67", "smpte2084")
_TO_SDR = (
    "setparams=color_primaries=bt2020:colorspace=bt2020nc:range=tv,"
    "zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=bt709,"
    "tonemap=hable,zscale=transfer=bt709:matrix=bt709:range=tv"
)
_ENCODER = split(
    "-c:v libx264 -preset veryfast -crf 26 -maxrate 4M -bufsize 8M -pix_fmt yuv420p"
    " -threads 2"
)
_BARE = split("-map_metadata -1 -map_chapters -1 -fflags +bitexact")


class VideoError(AgentError, ValueError):
    """A video that is not kept.

    :ivar code: the reason, a key of ``wording.WORDING``.
    :ivar params: what its sentence names.
    """

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class GivenUpError(AgentError):
    """Nobody wants the video any more that was being made."""


Heard = Callable[[float], bool]
"""Is told how much of a video is made, 0 to 1, and says whether it is still wanted."""


def missing() -> list[str]:
    """The programs that are not installed and without which there are no videos."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def wanted(_done: float) -> bool:
    """Makes a video to its end."""
    return True


def transcode(source: Path, target: Path, heard: Heard = wanted) -> None:
    """Make what is kept of a phone's MP4 or MOV (H.264 or HEVC); seconds to minutes.

    :raises VideoError: it is no such file, broken, or longer than a video may be.
    :raises GivenUpError: ``heard`` said that it is not wanted any more.
    """
    if not 0 < source.stat().st_size <= MAX_SOURCE_BYTES:
        raise VideoError("video_unreadable")
    announced, picture = _probe(source, heard)
    if announced > MAX_VIDEO_SECONDS + GRACE_SECONDS:
        raise VideoError("video_long", most=MAX_VIDEO_SECONDS)
    bare = target.with_suffix(".bare")
    try:
        _ffmpeg(
            "-xerror",
            *_local(source),
            *split("-map 0:v:0 -map 0:a:0? -sn -dn"),
            "-vf",
            ",".join(_filters(picture)),
            *_ENCODER,
            *split(f"-r {FRAME_RATE} -t {MAX_VIDEO_SECONDS}"),
            *split("-c:a aac -b:a 64k -ac 1 -ar 44100"),
            *_BARE,
            *("-f", "mp4", _file(bare)),
            heard=lambda seconds: heard(min(1.0, seconds / announced)),
        )
        finish(bare, target, heard)
    finally:
        bare.unlink(missing_ok=True)
    with target.open("rb") as file:
        seconds = mp4.read(file).seconds
    if seconds < SHORTEST * min(announced, MAX_VIDEO_SECONDS):
        target.unlink()
        raise VideoError("video_unreadable")


def finish(bare: Path, target: Path, heard: Heard = wanted) -> None:
    """Put a cover and the tables to the front of an encoded video; copies its frames.

    :raises VideoError: it is broken or too large.
    :raises GivenUpError: ``heard`` said that it is not wanted any more.
    """
    cover = target.with_suffix(".jpg")

    def encoded(_seconds: float) -> bool:
        return heard(1.0)

    try:
        _ffmpeg(
            *_local(bare),
            *split(
                "-an -frames:v 1 -vf scale=512:512:force_original_aspect_ratio=decrease"
                " -q:v 6 -update 1"
            ),
            *_BARE,
            *("-f", "image2", _file(cover)),
            heard=encoded,
        )
        _ffmpeg(
            *_local(bare),
            *("-f", "jpeg_pipe", "-protocol_whitelist", "file", "-i", _file(cover)),
            *split("-map 0 -map 1 -c copy -disposition:v:1 attached_pic"),
            *split("-movflags +faststart"),
            *_BARE,
            *("-f", "mp4", _file(target)),
            heard=encoded,
        )
        with target.open("rb") as file:
            mp4.read(file)
        if target.stat().st_size > MAX_VIDEO_BYTES:
            raise VideoError("video_unreadable")
    except (OSError, mp4.Mp4Error) as error:
        target.unlink(missing_ok=True)
        raise VideoError("video_unreadable") from error
    except (VideoError, GivenUpError):
        target.unlink(missing_ok=True)
        raise
    finally:
        cover.unlink(missing_ok=True)


def encoding(size: tuple[int, int], target: Path) -> list[str]:
    """The command that makes a bare video of raw frames on its standard input, which
    are ``CAMERA_RATE`` a second.

    :param size: width and height of the frames, in pixels, blue first.
    """
    width, height = size
    return [
        *_LIMITS[:-1],
        RECORDING_NICE,
        *split(f"ffmpeg -v error -y -f rawvideo -framerate {CAMERA_RATE}"),
        *split(f"-pix_fmt bgr24 -s {width}x{height} -i pipe:0"),
        *("-vf", _scale()),
        *_ENCODER,
        *split(f"-r {CAMERA_RATE} -t {MAX_VIDEO_SECONDS}"),
        *_BARE,
        *("-f", "mp4", _file(target)),
    ]


def _probe(source: Path, heard: Heard) -> tuple[float, dict[str, Any]]:
    """:return: the length in seconds, and what ffprobe says of the picture."""
    said = _run(
        [
            *_LIMITS,
            *split("ffprobe -v error -of json -show_entries"),
            "format=duration:stream=codec_name,codec_type,width,height,color_transfer",
            *_local(source)[:-2],
            _file(source),
        ],
        lambda _seconds: heard(0.0),
    )
    try:
        found = json.loads(said)
        [picture, *_] = [
            stream
            for stream in found["streams"]
            if stream["codec_type"] == "video" and stream["codec_name"] in _CODECS
        ]
        seconds = float(found["format"]["duration"])
        pixels = int(picture["width"]) * int(picture["height"])
    except (ValueError, KeyError, TypeError) as error:
        raise VideoError("video_unreadable") from error
    if not (seconds > 0 and 0 < pixels <= MOST_PIXELS):
        raise VideoError("video_unreadable")
    return seconds, picture


def _filters(picture: dict[str, Any]) -> Iterable[str]:
    yield _scale()
    if picture.get("color_transfer") in _HDR:
        yield _TO_SDR


def _scale() -> str:
    """Within the long side either way, never larger, even as H.264 wants it."""
    return (
        f"scale='min({LONG_SIDE},iw)':'min({LONG_SIDE},ih)'"
        ":force_original_aspect_ratio=decrease:force_divisible_by=2"
    )


def _ffmpeg(*arguments: str, heard: Heard = wanted) -> None:
    """:param heard: is told the seconds that are made."""
    _run(
        [*_LIMITS, *split("ffmpeg -v error -nostdin -y -progress pipe:1"), *arguments],
        heard,
    )


def _local(source: Path) -> list[str]:
    """Read ``source`` as MP4 and as nothing else, and open nothing that it names."""
    return [
        *("-protocol_whitelist", "file", "-f", "mov"),
        *("-enable_drefs", "0", "-max_pixels", str(MOST_PIXELS)),
        *("-i", _file(source)),
    ]


def _file(path: Path) -> str:
    """No name is taken for an option or for a protocol."""
    return f"file:{path.absolute()}"


def _run(command: Sequence[str], heard: Heard = wanted) -> str:
    """What it says when it is done."""
    ends = time.monotonic() + WALL_SECONDS
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                said = _followed(process, ends, heard)
            finally:
                process.kill()
    except OSError as error:
        raise VideoError("video_unreadable") from error
    if process.returncode:
        raise VideoError("video_unreadable")
    return said.decode("utf-8", "replace")


def _followed(process: subprocess.Popen[bytes], ends: float, heard: Heard) -> bytes:
    while True:
        try:
            return process.communicate(timeout=LOOK_SECONDS)[0]
        except subprocess.TimeoutExpired as running:
            if time.monotonic() > ends:
                raise VideoError("video_unreadable") from running
            if not heard(_seconds(running.output or b"")):
                raise GivenUpError from running


def _seconds(said: bytes) -> float:
    """The last that ffmpeg's ``-progress`` told."""
    told = re.findall(rb"^out_time_us=(\d+)$", said, re.MULTILINE)
    return int(told[-1]) / 1_000_000 if told else 0.0
