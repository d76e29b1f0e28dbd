"""Line drawings of the demo's steps, as HQ would draw or photograph them."""

import base64
import io

from PIL import Image, ImageDraw

SIZE = (800, 500)
SCALE = 2
"""Drawn so much larger, for smooth lines."""
INK, GREY, ORANGE = "#161616", "#d9d9d4", "#d9480f"


def drawing(name):
    """A drawing of this module by name, as an image field takes it."""
    canvas = Image.new("RGB", tuple(side * SCALE for side in SIZE), "white")
    DRAWINGS[name](_Pen(ImageDraw.Draw(canvas)))
    data = io.BytesIO()
    canvas.resize(SIZE, Image.Resampling.LANCZOS).save(data, "PNG", optimize=True)
    return base64.b64encode(data.getvalue())


class _Pen:
    """Draws in points of ``SIZE``."""

    def __init__(self, draw):
        self._draw = draw

    def shape(self, *points, fill=GREY):
        scaled = _scaled(points)
        self._draw.polygon(scaled, fill=fill)
        self.line(*points, points[0])

    def line(self, *points, ink=INK, width=6):
        self._draw.line(_scaled(points), ink, width * SCALE, joint="curve")

    def box(self, left, top, right, bottom, fill=GREY, radius=10):
        corners = _scaled([(left, top), (right, bottom)])
        self._draw.rounded_rectangle(corners, radius * SCALE, fill, INK, 6 * SCALE)

    def round(self, x, y, radius, fill=GREY):
        self._draw.ellipse(
            _scaled([(x - radius, y - radius), (x + radius, y + radius)]),
            fill,
            INK,
            6 * SCALE,
        )

    def turn(self, x, y, radius):
        """An arrow clockwise around a point."""
        corners = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.arc(corners, 200, 340, ORANGE, 12 * SCALE)
        tip = (x + radius * 0.94, y - radius * 0.34)
        self._draw.polygon(
            _scaled(
                [
                    (tip[0] + 12, tip[1] + 34),
                    (tip[0] - 34, tip[1] - 2),
                    (tip[0] + 26, tip[1] - 18),
                ]
            ),
            ORANGE,
        )


def _scaled(points):
    return [(x * SCALE, y * SCALE) for x, y in points]


def _drain_plug(pen):
    """The sump from its side, its plug, and the torque wrench on it."""
    pen.shape((60, 60), (740, 60), (700, 150), (560, 150), (520, 260), (140, 260))
    pen.box(60, 30, 740, 66, fill="white")
    pen.box(290, 262, 350, 290, fill="white", radius=4)
    pen.box(278, 290, 362, 340, fill=ORANGE, radius=6)
    pen.box(296, 342, 344, 396, fill="white", radius=6)
    pen.box(300, 396, 720, 430, fill=GREY, radius=16)
    pen.box(580, 388, 740, 438, fill=INK, radius=20)
    pen.turn(320, 400, 180)


def _oil_filter(pen):
    """The filter under its seat, its seal oiled, and which way it is turned."""
    pen.box(180, 20, 620, 90)
    pen.box(360, 90, 440, 150, fill="white", radius=2)
    for y in (106, 122, 138):
        pen.line((360, y), (440, y - 8), width=3)
    pen.box(270, 210, 530, 470, fill="white", radius=30)
    pen.box(262, 196, 538, 230, fill=ORANGE, radius=16)
    for x in (310, 355, 400, 445, 490):
        pen.line((x, 400), (x, 452), width=4)
    pen.line((130, 213), (240, 213), ink=ORANGE, width=8)
    pen.round(110, 213, 22, fill=ORANGE)
    pen.turn(400, 400, 110)


DRAWINGS = {"drain_plug": _drain_plug, "oil_filter": _oil_filter}
