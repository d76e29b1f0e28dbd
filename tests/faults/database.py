"""Faults inside PostgreSQL: a trigger of the run's own database raises them."""

from tests.faults.chain import FaultStack

TRIGGER = """
CREATE TABLE fault_switch (kind text NOT NULL, device text, seq bigint);
CREATE SEQUENCE fault_hits;
CREATE FUNCTION fault_strikes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fault_switch WHERE kind = 'serialization') THEN
        PERFORM nextval('fault_hits');
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
    END IF;
    -- What is rejected has no other form in which it could be written down.
    IF NEW.result = 'accepted' AND NEW.effect <> 'held' AND EXISTS (
        SELECT FROM fault_switch f JOIN workshop_device d ON d.name = f.device
         WHERE f.kind = 'poison' AND d.id = NEW.device_id AND f.seq = NEW.seq
    ) THEN
        PERFORM nextval('fault_hits');
        RAISE EXCEPTION 'this event is poison';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fault_strikes BEFORE INSERT ON workshop_event
   FOR EACH ROW EXECUTE FUNCTION fault_strikes();
"""


class Switch:
    """Turns them on and off; ``hits`` counts, whatever was rolled back."""

    def __init__(self, stack: FaultStack) -> None:
        self._stack = stack
        stack.chain.cluster.execute(TRIGGER, stack.chain.database)

    def on(self, kind: str, device: str | None = None, seq: int | None = None) -> None:
        device_sql = f"'{device}'" if device else "NULL"
        self._stack.query(
            f"INSERT INTO fault_switch VALUES ('{kind}', {device_sql},"
            f" {seq if seq is not None else 'NULL'})"
        )

    def off(self, kind: str) -> None:
        self._stack.query(f"DELETE FROM fault_switch WHERE kind = '{kind}'")

    def heal(self) -> None:
        """All but poison: that event is what it is."""
        self.off("serialization")

    @property
    def hits(self) -> int:
        return int(
            self._stack.query(
                "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM fault_hits"
            )
        )
