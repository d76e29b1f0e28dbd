"""How everything that judges says no."""

from typing import Any

from workbay_contract.types import Code, Message


class Refusal(Message):
    """Why not, as a key of ``wording.WORDING`` with its parameters."""

    code: Code
    params: dict[str, Any] = {}
