import csv

from odoo.tools import file_open

CHINESE = "zh_CN"


def rows(name):
    """The rows of a table of this addon, as dictionaries of text."""
    with file_open(f"workshop_demo/tables/{name}.csv", "r") as table:
        return list(csv.DictReader(table))


def grouped(name, column):
    """The rows of a table, by what they have in a column."""
    groups = {}
    for row in rows(name):
        groups.setdefault(row[column], []).append(row)
    return groups


def translate(record, **texts):
    """Say the record's texts in Chinese; what has none stays as it is."""
    for name, text in texts.items():
        if text:
            record.update_field_translations(name, {CHINESE: text})
