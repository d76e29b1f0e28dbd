"""The database itself refuses to change evidence, whoever asks and by whatever way.

A test's rollback and dropping the table when the module is uninstalled fire no trigger.
"""

FUNCTION = "workshop_append_only"


def guard(cr, table: str, free: tuple[str, ...] = ()) -> None:
    """Let rows of ``table`` be added, and neither changed nor taken away again.

    :param free: columns that may change all the same, because they are no evidence.
    """
    cr.execute(
        f"""
        CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'insufficient_privilege';
        END $$;
        """
    )
    when = ""
    if free:
        names = ", ".join(f"'{name}'" for name in free)
        when = f"""
        WHEN (to_jsonb(OLD) - ARRAY[{names}] IS DISTINCT FROM
              to_jsonb(NEW) - ARRAY[{names}])
        """
    cr.execute(
        f"""
        CREATE OR REPLACE TRIGGER {table}_append_only_row
        BEFORE UPDATE ON {table}
        FOR EACH ROW {when} EXECUTE FUNCTION {FUNCTION}();
        CREATE OR REPLACE TRIGGER {table}_append_only_delete
        BEFORE DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {FUNCTION}();
        CREATE OR REPLACE TRIGGER {table}_append_only_table
        BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}();
        """
    )


def drop(cr) -> None:
    """Forget the guard; it goes from every table that it was put on."""
    cr.execute(f"DROP FUNCTION IF EXISTS {FUNCTION}() CASCADE")
