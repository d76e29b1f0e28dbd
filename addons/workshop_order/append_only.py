"""The database itself refuses to change evidence, whoever asks and by whatever way.

A test's rollback and dropping the table when the module is uninstalled fire no trigger.
"""

from odoo.tools import SQL

FUNCTION = SQL.identifier("workshop_append_only")


def guard(cr, table: str, free: tuple[str, ...] = ()) -> None:
    """Let rows of ``table`` be added, and neither changed nor taken away again.

    :param free: columns that may change all the same, because they are no evidence.
    """
    cr.execute(
        SQL(
            """
            CREATE OR REPLACE FUNCTION %s() RETURNS trigger
            LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION USING
                    MESSAGE = TG_TABLE_NAME || ' is append-only: '
                        || TG_OP || ' refused',
                    ERRCODE = 'insufficient_privilege';
            END $$
            """,
            FUNCTION,
        )
    )
    when = SQL(
        "WHEN (to_jsonb(OLD) - %s::text[] IS DISTINCT FROM to_jsonb(NEW) - %s::text[])",
        list(free),
        list(free),
    )
    for moment, kind, level in (
        ("UPDATE", "row", SQL("FOR EACH ROW %s", when if free else SQL())),
        ("DELETE", "delete", SQL("FOR EACH ROW")),
        ("TRUNCATE", "table", SQL("FOR EACH STATEMENT")),
    ):
        cr.execute(
            SQL(
                "CREATE OR REPLACE TRIGGER %s BEFORE %s ON %s %s EXECUTE FUNCTION %s()",
                SQL.identifier(f"{table}_append_only_{kind}"),
                SQL(moment),
                SQL.identifier(table),
                level,
                FUNCTION,
            )
        )


def drop(cr) -> None:
    """Forget the guard; it goes from every table that it was put on."""
    cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", FUNCTION))
