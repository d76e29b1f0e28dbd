"""Videos as phones make them, and as nobody should."""

import subprocess
from pathlib import Path
from shlex import split

PLACE = "+31.2304+121.4737/"


def film(
    path: Path,
    seconds: float = 2,
    size: str = "640x360",
    codec: str = "libx264",
    extra: str = "",
    place: bool = False,
) -> Path:
    """A test picture with a tone.

    :param extra: further options of the encoder.
    :param place: with where it was taken in its metadata.
    """
    where = ["-metadata", f"com.apple.quicktime.location.ISO6709={PLACE}"]
    _ffmpeg(
        *split(f"-f lavfi -i testsrc2=s={size}:r=15:d={seconds}"),
        *split(f"-f lavfi -i sine=d={seconds} -c:v {codec} -c:a aac"),
        *split("-pix_fmt yuv420p -preset ultrafast"),
        *extra.split(),
        *(where if place else []),
        *split("-movflags use_metadata_tags"),
        str(path),
    )
    return path


def from_an_iphone(path: Path) -> Path:
    """HEVC of ten bits and high dynamic range in MOV, on its side, with its place."""
    lying = film(
        path.with_name("lying.mov"),
        codec="libx265",
        extra="-pix_fmt yuv420p10le -tag:v hvc1 -x265-params log-level=error"
        " -color_trc arib-std-b67 -color_primaries bt2020 -colorspace bt2020nc",
        place=True,
    )
    _ffmpeg(
        *split(f"-i {lying} -c copy -metadata:s:v:0 rotate=90"),
        *("-metadata", f"com.apple.quicktime.location.ISO6709={PLACE}"),
        *split("-movflags use_metadata_tags"),
        str(path),
    )
    return path


def streams(path: Path) -> list[tuple[str, ...]]:
    """Codec, width, height and pixel format of each stream."""
    said = subprocess.run(
        split(
            "ffprobe -v error -of csv=p=0 -show_entries"
            f" stream=codec_name,width,height,pix_fmt {path}"
        ),
        check=True,
        capture_output=True,
        text=True,
    )
    return [tuple(line.split(",")[:4]) for line in said.stdout.split()]


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)
