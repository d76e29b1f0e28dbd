"""Years of a store's orders, copied in the database from a few that were lived through.

Every row keeps what the database demands: each copy gets its own keys, and a copied row
points to the copies of the rows that its pattern points to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workbay_deploy.errors import CommandError
from workbay_deploy.stack import Stack


@dataclass(frozen=True)
class Pattern:
    """Rows of one table that every copy is made of.

    :ivar where: which rows, as ``p``.
    :ivar values: SQL by column for what a copy has of its own; ``k`` is the number of
        the copy, ``p`` the pattern's row.
    :ivar every: so many copies of the others share one of this.
    """

    table: str
    where: str
    values: Mapping[str, str] = field(default_factory=dict)
    every: int = 1


class History:
    """Copies patterns, a further range of copies at a time."""

    def __init__(
        self, stack: Stack, patterns: Iterable[Pattern], finish: Iterable[str] = ()
    ) -> None:
        """:param finish: SQL that follows each range: what rows know of each other."""
        self._finish = tuple(finish)
        self._stack = stack
        self._patterns = list(patterns)
        for pattern in self._patterns:
            name = pattern.table
            self._run(
                f"CREATE TABLE pattern_{name} AS"
                f" SELECT p.*, row_number() OVER (ORDER BY p.id) AS place"
                f" FROM {name} p WHERE {pattern.where}"
            )
            self._run(
                f"CREATE TABLE base_{name} AS"
                f" SELECT (SELECT max(id) FROM {name}) AS top,"
                f" (SELECT count(*) FROM pattern_{name}) AS width"
            )

    def make(self, first: int, last: int, **values: Mapping[str, str]) -> None:
        """Make copies ``first`` to ``last``; ``values`` by table come on top.

        :raises ValueError: a range does not begin where a shared copy begins.
        """
        if any((first - 1) % pattern.every for pattern in self._patterns):
            raise ValueError(f"copies from {first} would share one made before")
        for pattern in self._patterns:
            self._copy(pattern, first, last, values.get(pattern.table, {}))
        for statement in self._finish:
            self._run(statement)
        for pattern in self._patterns:
            name = pattern.table
            self._run(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"
                f" (SELECT max(id) FROM {name}))"
            )

    def settle(self) -> None:
        """What autovacuum would have done in years."""
        self._run("VACUUM ANALYZE")

    def _copy(
        self, pattern: Pattern, first: int, last: int, values: Mapping[str, str]
    ) -> None:
        columns = self._stack.query(
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
            f" AND attgenerated = '' AND attrelid = '{pattern.table}'::regclass"
            " ORDER BY attnum"
        ).split()
        own = {**pattern.values, **values}
        joins, chosen = [], []
        for column in columns:
            target = self._target(pattern.table, column)
            if column == "id":
                chosen.append("base.top + (c - 1) * base.width + p.place")
            elif column in own:
                chosen.append(own[column])
            elif target:
                joins.append(
                    f" LEFT JOIN pattern_{target.table} to_{column}"
                    f" ON to_{column}.id = p.{column}"
                )
                chosen.append(
                    f"CASE WHEN to_{column}.id IS NULL THEN p.{column} ELSE"
                    f" (SELECT top + ((k - 1) / {target.every}) * width"
                    f" FROM base_{target.table}) + to_{column}.place END"
                )
            else:
                chosen.append(f"p.{column}")
        names = ", ".join(f'"{column}"' for column in columns)
        begin, end = ((k - 1) // pattern.every + 1 for k in (first, last))
        self._run(
            f"INSERT INTO {pattern.table} ({names}) SELECT {', '.join(chosen)}"
            f" FROM generate_series({begin}, {end}) c"
            f" CROSS JOIN LATERAL (SELECT (c - 1) * {pattern.every} + 1 AS k) number"
            f" CROSS JOIN base_{pattern.table} base"
            f" CROSS JOIN pattern_{pattern.table} p{''.join(joins)}"
        )

    def _target(self, table: str, column: str) -> Pattern | None:
        """The pattern that a column points to."""
        found = self._stack.query(
            "SELECT f.confrelid::regclass FROM pg_constraint f"
            " JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]"
            f" WHERE f.contype = 'f' AND f.conrelid = '{table}'::regclass"
            f" AND a.attname = '{column}'"
        )
        return next((p for p in self._patterns if p.table == found), None)

    def _run(self, statement: str) -> None:
        try:
            self._stack.query(statement)
        except CommandError as error:
            raise RuntimeError(f"{error.tail}\n{statement}") from error
