"""Where a paper is before the camera, flat or bent, and how the camera sees it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.camera.scene import FOCAL
from tests.bench._paper import Gray, Paper

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """A pinhole camera's view of a sheet that is a plane or part of a cylinder.

    Lengths are in modules of the code, its middle is the origin.

    :ivar at: where the middle is seen, in pixels.
    :ivar scale: pixels per module there.
    :ivar turn: pitch, yaw and roll in radians.
    :ivar bend: one over the cylinder's radius; negative bends towards the camera.
    :ivar axis: the direction around which it is bent, in radians.
    """

    at: tuple[float, float]
    scale: float
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bend: float = 0.0
    axis: float = 0.0

    def project(self, points: Points) -> Points:
        """Points on the paper, n × 2, to pixels."""
        across, along = self._turned(points, self.axis)
        if self.bend:
            angle = across * self.bend
            deep = (1 - np.cos(angle)) / self.bend
            across = np.sin(angle) / self.bend
        else:
            deep = np.zeros_like(across)
        x, y = self._turned(np.column_stack([across, along]), -self.axis)
        seen = np.column_stack([x, y, deep]) @ self._rotation().T
        distance = seen[:, 2] + FOCAL / self.scale
        return np.column_stack(
            [
                FOCAL * seen[:, 0] / distance + self.at[0],
                FOCAL * seen[:, 1] / distance + self.at[1],
            ]
        )

    def paint(self, paper: Paper, box: tuple[int, int, int, int]) -> tuple[Gray, Gray]:
        """The paper as seen within ``box`` (left, top, width, height), and its mask.

        Seen at twice the resolution and reduced, as a sensor's pixel takes the light
        of its whole area.
        """
        left, top, width, height = box
        x, y = np.meshgrid(
            left + (np.arange(2 * width) + 0.5) / 2 - 0.5,
            top + (np.arange(2 * height) + 0.5) / 2 - 0.5,
        )
        across, along = self._on_paper(x, y)
        x, y = paper.middle
        map_x = across * paper.scale + x - 0.5
        map_y = along * paper.scale + y - 0.5
        maps = map_x.astype(np.float32), map_y.astype(np.float32)
        image = cv2.remap(paper.image, *maps, cv2.INTER_LINEAR, borderValue=0)
        rows, columns = paper.image.shape
        inside = (map_x > 0) & (map_y > 0) & (map_x < columns - 1) & (map_y < rows - 1)
        mask = inside.astype(np.uint8) * 255
        half = (width, height)
        return (
            np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8),
            np.asarray(cv2.resize(mask, half, interpolation=cv2.INTER_AREA), np.uint8),
        )

    def _on_paper(self, x: Points, y: Points) -> tuple[Points, Points]:
        """Where the rays through pixels meet the paper; far off where they miss."""
        back = self._rotation().T
        ray = np.stack(
            [(x - self.at[0]) / FOCAL, (y - self.at[1]) / FOCAL, np.ones_like(x)]
        )
        ray = np.tensordot(back, ray, 1)
        eye = back @ np.array([0, 0, -FOCAL / self.scale])
        cos, sin = math.cos(self.axis), math.sin(self.axis)
        ray_u, ray_v = cos * ray[0] + sin * ray[1], cos * ray[1] - sin * ray[0]
        eye_u, eye_v = cos * eye[0] + sin * eye[1], cos * eye[1] - sin * eye[0]
        if not self.bend:
            far = -eye[2] / ray[2]
            u, v = eye_u + far * ray_u, eye_v + far * ray_v
        else:
            radius = 1 / self.bend
            a = ray_u**2 + ray[2] ** 2
            b = eye_u * ray_u + (eye[2] - radius) * ray[2]
            c = eye_u**2 + (eye[2] - radius) ** 2 - radius**2
            root = b**2 - a * c
            met = np.sqrt(np.maximum(root, 0))
            far = (-b - math.copysign(1, self.bend) * met) / a
            u = np.arctan2(
                (eye_u + far * ray_u) / radius,
                1 - (eye[2] + far * ray[2]) / radius,
            )
            u = np.where(root > 0, u * radius, 1e6)
            v = eye_v + far * ray_v
        return cos * u - sin * v, sin * u + cos * v

    def _rotation(self) -> NDArray[np.float64]:
        pitch, yaw, roll = self.turn
        turned = cv2.Rodrigues(np.array([pitch, 0.0, 0.0]))[0]
        turned = cv2.Rodrigues(np.array([0.0, yaw, 0.0]))[0] @ turned
        rotation: NDArray[np.float64] = (
            cv2.Rodrigues(np.array([0.0, 0.0, roll]))[0] @ turned
        )
        return rotation

    @staticmethod
    def _turned(points: Points, angle: float) -> tuple[Points, Points]:
        cos, sin = math.cos(angle), math.sin(angle)
        return (
            cos * points[:, 0] + sin * points[:, 1],
            cos * points[:, 1] - sin * points[:, 0],
        )
