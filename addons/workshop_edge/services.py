"""What the bridge and the enrolment service may call, and nothing else."""

from odoo.exceptions import AccessError

GROUPS = {
    "bridge": "workshop_edge.workshop_edge_group_bridge",
    "enrolment": "workshop_edge.workshop_edge_group_enrolment",
}
METHODS = {
    "bridge": {
        ("workshop.device", "ingest"),
        ("workshop.device", "hello"),
        ("workshop.device", "state"),
        ("workshop.device", "device_list"),
        ("workshop.device", "enrol"),
        ("workshop.device", "renew"),
        ("workshop.lease", "acquire"),
        ("workshop.lease", "release"),
        ("workshop.board", "poll"),
    },
    "enrolment": {
        ("workshop.device", "pending_requests"),
        ("workshop.device", "issue"),
        ("workshop.device", "enrolled"),
    },
}

PATHS = ("/json/2/", "/workshop/media/", "/workshop/picture/")
"""Where a service's key is taken at all."""


def kinds_of(user) -> list[str]:
    """Which services the user is; empty for a person."""
    return [kind for kind, group in GROUPS.items() if user.has_group(group)]


def check_service(env, kind: str) -> None:
    """:raises AccessError: the caller is not that service."""
    if not env.su and not env.user.has_group(GROUPS[kind]):
        raise AccessError(env._("Only the %(service)s may do this.", service=kind))


def check_method(env, model: str, method: str) -> None:
    """:raises AccessError: the caller is a service, and this is not its business."""
    kinds = kinds_of(env.user)
    if kinds and not any((model, method) in METHODS[kind] for kind in kinds):
        raise AccessError(
            env._(
                "A service may not call %(model)s/%(method)s.",
                model=model,
                method=method,
            )
        )
