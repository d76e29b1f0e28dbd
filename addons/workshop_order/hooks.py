from . import append_only


def uninstall_hook(env):
    """The log's guard goes with the log: dropping its table leaves the function."""
    append_only.drop(env.cr)
