"""What can go wrong at a bay before or beside the work; each says how to mend it."""


class AgentError(Exception):
    """A sentence for the person who reads the log."""


class IdentityError(AgentError, ValueError):
    """The data folder does not make a device."""


class OutboxError(AgentError, RuntimeError):
    """The outbox cannot be used as it lies there."""
