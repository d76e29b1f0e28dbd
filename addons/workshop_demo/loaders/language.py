from .tables import CHINESE


def load(env):
    lang = env["res.lang"]._activate_and_install_lang(CHINESE)
    lang.ensure_one()
    # A module is "installed" only after its hook, and would be left out.
    env["ir.module.module"]._get("workshop_demo")._update_translations(CHINESE)
