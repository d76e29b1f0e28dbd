"""Measurements; ``deploy/bench NAME [--json]`` runs one of them.

Each starts a chain of its own, as production starts it, with simulated bays that are
the agent's own outbox and publisher. Modules with a leading underscore are shared.
"""
