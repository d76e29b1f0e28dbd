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
    there = {
        place for entry in translations if not entry.obsolete for place in places(entry)
    }
    empty = {
        place
        for entry in translations
        if not entry.obsolete and (not entry.msgstr or entry.fuzzy)
        for place in places(entry)
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


def places(entry: polib.POEntry) -> set[tuple[str, str]]:
    """A term with each place that it stands at: Odoo translates names by place, and
    code by the languages that the entry's comment names.
    """
    languages = [line for line in entry.comment.splitlines() if "odoo-" in line]
    code = " ".join(("code", *sorted(languages)))
    return {
        (entry.msgid, name if name.startswith("model") else code)
        for name, _line in entry.occurrences
    }


def exported(module: str) -> set[tuple[str, str]]:
    """The module's terms as Odoo itself exports them, by place."""
    stream = io.BytesIO()
    with Registry(get_db_name()).cursor() as cr:
        env = odoo.api.Environment(cr, odoo.api.SUPERUSER_ID, {})
        if not trans_export(None, [module], stream, "po", env):
            return set()
    return {
        place
        for entry in polib.pofile(stream.getvalue().decode())
        for place in places(entry)
    }
