"""Every string of ours has its Chinese, and no translation is left over."""

import io
from pathlib import Path

import polib
import pytest

import odoo
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name
from odoo.tools.translate import trans_export

ADDONS = sorted(
    manifest.parent
    for manifest in Path(__file__).parents[2].glob("addons/*/__manifest__.py")
)


@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_chinese_is_complete(addon: Path) -> None:
    wanted = exported(addon.name)
    file = addon / "i18n" / "zh_CN.po"
    assert file.is_file(), f"{addon.name} has no {file.name}"
    translations = polib.pofile(str(file))
    there = {entry.msgid for entry in translations if not entry.obsolete}
    empty = {
        entry.msgid
        for entry in translations
        if not entry.obsolete and (not entry.msgstr or entry.fuzzy)
    }
    problems = {
        "not translated": (wanted - there) | (wanted & empty),
        "no longer in the code": there - wanted,
    }
    report = "\n".join(
        f"{what}: {text!r}"
        for what, texts in problems.items()
        for text in sorted(texts)
    )
    assert not report, f"{addon.name}/i18n/zh_CN.po\n{report}"


def exported(module: str) -> set[str]:
    """The module's terms as Odoo itself exports them."""
    stream = io.BytesIO()
    with Registry(get_db_name()).cursor() as cr:
        env = odoo.api.Environment(cr, odoo.api.SUPERUSER_ID, {})
        if not trans_export(None, [module], stream, "po", env):
            return set()
    return {entry.msgid for entry in polib.pofile(stream.getvalue().decode())}
