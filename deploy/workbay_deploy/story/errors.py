"""What can go wrong in the story."""


class StoryError(RuntimeError):
    """A step did not come to its end; the message says which, and what was seen."""
