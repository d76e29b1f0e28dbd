"""A covered lens is told from a dark bay and from a camera that gives nothing."""

import numpy as np
import pytest

from edge_agent.camera.black import BLACK_SECONDS, Blackness, is_black
from edge_agent.camera.scene import Scene
from edge_agent.camera.source import Frame

from . import printed


def covered(seed: int = 1, noise: float = 6.0) -> Frame:
    """What a sensor gives behind a cap at high gain."""
    random = np.random.default_rng(seed)
    return np.clip(random.normal(3, noise, (720, 1280, 3)), 0, 255).astype(np.uint8)


def dim(frame: Frame, share: float) -> Frame:
    return (frame * share).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 2.0, 12.0])
def test_a_covered_lens_is_black(noise: float) -> None:
    assert is_black(covered(noise=noise))


@pytest.mark.parametrize("share", [1.0, 0.2, 0.08])
def test_a_bay_in_which_a_sheet_can_be_read_is_not(share: float) -> None:
    assert not is_black(dim(Scene(1).hold([printed.sheet()], 0), share))


def test_it_has_to_last() -> None:
    blackness = Blackness()
    bay = Scene(1).empty(0)
    assert not blackness.lasts(covered(1), 10.0)
    assert not blackness.lasts(covered(2), 10.0 + BLACK_SECONDS / 2)
    assert not blackness.lasts(bay, 10.0 + BLACK_SECONDS / 2)
    assert not blackness.lasts(covered(3), 20.0)
    assert blackness.lasts(covered(4), 20.0 + BLACK_SECONDS)
    assert not blackness.lasts(bay, 21.0 + BLACK_SECONDS)
