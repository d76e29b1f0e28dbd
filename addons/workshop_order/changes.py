def is_changed(record, name, value):
    """Whether writing this value would change the field.

    Odoo writes much anew that stays as it is; guards let that pass.
    """
    field = record._fields[name]
    if field.type == "one2many":
        return bool(value)
    before = field.convert_to_cache(record[name], record)
    after = field.convert_to_cache(value, record)
    if field.type == "many2many":
        return set(before or ()) != set(after or ())
    if field.type in ("float", "monetary"):
        return round(before or 0, 6) != round(after or 0, 6)
    return (before or False) != (after or False)
