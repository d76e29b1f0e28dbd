"""One small tree of errors; each carries the code that goes over the wire."""


class ContractError(ValueError):
    """Something from outside does not keep the contract.

    :ivar code: the machine-readable reason, one of the keys of ``wording.WORDING``.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class MalformedError(ContractError):
    """The bytes are not a message of ours."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("malformed", detail)


class VersionError(ContractError):
    """A message of a version that this side does not speak."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("version", detail)


class OversizeError(ContractError):
    """A message beyond the bounds of the protocol."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("oversize", detail)


class SealError(ContractError):
    """A signature that does not hold over what it came with."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("seal", detail)
