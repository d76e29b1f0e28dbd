def uninstall_hook(env):
    """The log's guard goes with the log: dropping its table leaves the function."""
    env.cr.execute("DROP FUNCTION IF EXISTS workshop_event_append_only() CASCADE")
