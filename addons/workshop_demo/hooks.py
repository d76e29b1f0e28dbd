from .loaders import load


def post_init_hook(env):
    load(env)
