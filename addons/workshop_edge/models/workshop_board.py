import json
import logging
import time

from odoo import api, fields, models, tools

from odoo.addons.workshop_order.fields import BigInteger

from workbay_contract import keys, signed
from workbay_contract.errors import OversizeError
from workbay_contract.types import sha256

from ..ingest.board import StoreBoard
from ..services import check_service
from ..signing import signing_key
from ..transaction import begin_anew

_logger = logging.getLogger(__name__)

PAUSE_MS = 1000
"""A store's boards are made anew at most this often."""
FLOOR_PAUSE_MS = 10_000
"""And this often where nothing but their own bays' events changed them: each bay has
its own on the screen anyway, and the others' it needs when people change places. What
happens in a store that was quiet for so long is followed at once."""
STALE_MS = 3600 * 1000
"""So old, and a board is looked at again: badges begin and end without a change."""
UNCOMMITTED_MS = 2000
"""A board says that it was made so long before the poll that reads it began: all stores
are read as they were then, and an outcome's time is stated before it is committed. A
bay folds what was answered since into its board; what that knows already changes
nothing again."""
LONGEST_S = 0.25
"""How long one poll may begin further boards; the rest follows with the next, so that
boards take a part of one worker however many stores there are."""
FLOOR_LONGEST_S = 0.1
"""The same for those that can wait."""


class WorkshopBoard(models.Model):
    """The newest board of each active device, signed.

    Made by whoever polls for it, never while events are taken.
    """

    _name = "workshop.board"
    _description = "Bay's Board"
    _log_access = False
    _rec_name = "device_id"

    device_id = fields.Many2one(
        "workshop.device", required=True, readonly=True, ondelete="cascade"
    )
    version = fields.Integer(required=True, readonly=True)
    published_version = fields.Integer("Published", required=True, readonly=True)
    made_ms = BigInteger("Made (ms)", required=True, readonly=True)
    looked_ms = BigInteger("Looked At (ms)", required=True, readonly=True)
    content_hash = fields.Char(required=True, readonly=True)
    message = fields.Text("Signed Board", required=True, readonly=True)

    _device_uniq = models.Constraint("UNIQUE (device_id)", "One board per device.")

    @api.model
    def poll(self, partitions, published):
        """Boards of these partitions that are newer than what the bridge published.

        :param published: pairs of device and version.
        """
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        # sudo: boards are what the bridge is there to carry.
        return self.sudo()._poll(list(partitions), published)

    @api.model
    def _poll(self, partitions, published):
        # What another bridge published is not published again by the one that took its
        # place: whom it did not reach says so in the hello that he is asked for.
        self._note_published(published)
        self._rebuild(partitions)
        known = dict(published)
        self.env.cr.execute(
            """
            SELECT d.name, b.uuid, c.partition, board.version, board.message
              FROM workshop_board board
              JOIN workshop_device d ON d.id = board.device_id
              JOIN workshop_bay b ON b.id = d.bay_id
              JOIN res_company c ON c.id = d.company_id
             WHERE d.status = 'active'
               AND c.partition = ANY(%s)
               AND board.version
                   > coalesce((%s::jsonb ->> d.name)::int, board.published_version)
            """,
            [partitions, json.dumps(known)],
        )
        return [_board(row) for row in self.env.cr.fetchall()]

    @api.model
    def _newest(self, device_ids):
        """By device id, its newest board as told to a bridge."""
        self.env.cr.execute(
            """
            SELECT d.name, b.uuid, c.partition, board.version, board.message, d.id
              FROM workshop_board board
              JOIN workshop_device d ON d.id = board.device_id
              JOIN workshop_bay b ON b.id = d.bay_id
              JOIN res_company c ON c.id = d.company_id
             WHERE board.device_id = ANY(%s)
            """,
            [list(device_ids)],
        )
        return {row[5]: _board(row[:5]) for row in self.env.cr.fetchall()}

    @api.model
    def _unpublished(self, device_ids):
        """Boards of these devices that no poll has brought to its bridge in time."""
        if not device_ids:
            return []
        self.env.cr.execute(
            """
            SELECT device_id
              FROM workshop_board
             WHERE device_id = ANY(%s)
               AND version > published_version
               AND made_ms < %s
            """,
            [list(device_ids), _now() - 2 * PAUSE_MS],
        )
        late = [row[0] for row in self.env.cr.fetchall()]
        return list(self._newest(late).values()) if late else []

    @api.model
    def _note_published(self, published):
        known = {name: version for name, version in published if version}
        if known:
            self.env.cr.execute(
                """
                UPDATE workshop_board board
                   SET published_version = (%(known)s::jsonb ->> d.name)::int
                  FROM workshop_device d
                 WHERE d.id = board.device_id
                   AND (%(known)s::jsonb ->> d.name)::int > board.published_version
                   AND (%(known)s::jsonb ->> d.name)::int <= board.version
                """,
                {"known": json.dumps(known)},
            )

    @api.model
    def _rebuild(self, partitions):
        """Make the boards of stores in which something changed, the office's first."""
        begun = time.monotonic()
        for company_id, can_wait in self._due_stores(partitions):
            longest = FLOOR_LONGEST_S if can_wait else LONGEST_S
            if time.monotonic() - begun > longest:
                break
            try:
                with self.env.cr.savepoint():
                    self._rebuild_store(company_id)
            # A request's top for each store: no store may keep another from its boards.
            except Exception:
                _logger.exception("The boards of store %s cannot be made", company_id)

    @api.model
    def _due_stores(self, partitions):
        """Stores whose boards are due, and whether those can wait for others'."""
        now = _now()
        self.env.cr.execute(
            """
            SELECT store.company_id,
                   store.is_complete AND NOT coalesce(change.is_urgent, FALSE)
                   AND store.looked_first >= %(stale)s AS can_wait
              FROM (
                   SELECT d.company_id,
                          bool_and(board.id IS NOT NULL) AS is_complete,
                          coalesce(min(board.looked_ms), 0) AS looked_first,
                          coalesce(max(board.looked_ms), 0) AS looked_last
                     FROM workshop_device d
                     JOIN res_company c ON c.id = d.company_id
                     LEFT JOIN workshop_board board ON board.device_id = d.id
                    WHERE d.status = 'active' AND c.partition = ANY(%(partitions)s)
                    GROUP BY d.company_id
                   ) store
              LEFT JOIN (
                   SELECT company_id, bool_or(is_floor IS NOT TRUE) AS is_urgent
                     FROM workshop_board_change
                    GROUP BY company_id
                   ) change
                ON change.company_id = store.company_id
             WHERE NOT store.is_complete
                OR store.looked_first < %(stale)s
                OR store.looked_last <= CASE WHEN change.is_urgent THEN %(pause)s
                                             WHEN NOT change.is_urgent THEN %(floor)s
                                        END
             ORDER BY can_wait, store.looked_first
            """,
            {
                "partitions": partitions,
                "stale": now - STALE_MS,
                "pause": now - PAUSE_MS,
                "floor": now - FLOOR_PAUSE_MS,
            },
        )
        return self.env.cr.fetchall()

    @api.model
    def _rebuild_store(self, company_id):
        cr = self.env.cr
        # Another bridge may be making the same boards: one of the two is enough.
        cr.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('workshop.board'), %s)",
            [company_id],
        )
        if not cr.fetchone()[0]:
            return
        self.env["workshop.board.change"]._take(company_id)
        content = StoreBoard(self.env, company_id)
        key = signing_key(self.env)
        signer = keys.public_hex(key).encode()
        now = _now()
        known_from = now - self._snapshot_age() - UNCOMMITTED_MS
        cr.execute(
            """
            SELECT d.id, d.name, b.uuid, b.id,
                   coalesce(board.version, greatest(d.board_held, 0), 0),
                   board.content_hash
              FROM workshop_device d
              JOIN workshop_bay b ON b.id = d.bay_id
              LEFT JOIN workshop_board board ON board.device_id = d.id
             WHERE d.status = 'active' AND d.company_id = %s
            """,
            [company_id],
        )
        for *bay, version, known in cr.fetchall():
            device_id = bay[0]
            # Under another key of ours it is another board.
            content_hash = sha256(signer + content.body(*bay, version=0, now=0))
            if content_hash == known:
                cr.execute(
                    "UPDATE workshop_board SET looked_ms = %s WHERE device_id = %s",
                    [now, device_id],
                )
                continue
            message = self._sign(key, content, bay, version + 1, known_from)
            self._put_board(device_id, version + 1, now, content_hash, message)
            self._put_mark(device_id, version + 1, content.mark)
        self.invalidate_model()

    @api.model
    def _snapshot_age(self):
        """For how long, in milliseconds, others may have committed what is not seen."""
        self.env.cr.execute(
            "SELECT extract(epoch FROM clock_timestamp() - transaction_timestamp())"
        )
        return max(0, round(float(self.env.cr.fetchone()[0]) * 1000))

    @api.model
    @tools.ormcache("version_id")
    def _step_rows(self, version_id):
        """A procedure's steps, all languages; frozen by its release."""
        self.env.cr.execute(
            """
            SELECT id, is_check, name, instruction, tool, limit_kind, limit_min,
                   limit_max, unit, board_picture_sha256
              FROM workshop_service_step
             WHERE version_id = %s
             ORDER BY sequence, id
            """,
            [version_id],
        )
        return self.env.cr.fetchall()

    @api.model
    def _sign(self, key, content, bay, version, now):
        """Sign a bay's board; what is too large for one loses its oldest orders."""
        most = len(content.orders)
        body = content.body(*bay, version=version, now=now)
        while True:
            try:
                return signed.sign(key, "board", body)
            except OversizeError:
                if not most:
                    raise
                most = most * 3 // 4
                _logger.warning(
                    "Board of %s too large: %s of %s orders kept",
                    bay[1],
                    most,
                    len(content.orders),
                )
                body = content.body(*bay, version=version, now=now, most=most)

    @api.model
    def _put_board(self, device_id, version, now, content_hash, message):
        self.env.cr.execute(
            """
            INSERT INTO workshop_board
                   (device_id, version, published_version, made_ms, looked_ms,
                    content_hash, message)
            VALUES (%(device)s, %(version)s, 0, %(now)s, %(now)s, %(hash)s, %(message)s)
                ON CONFLICT (device_id) DO UPDATE
               SET version = excluded.version,
                   made_ms = excluded.made_ms,
                   looked_ms = excluded.looked_ms,
                   content_hash = excluded.content_hash,
                   message = excluded.message
            """,
            {
                "device": device_id,
                "version": version,
                "now": now,
                "hash": content_hash,
                "message": message,
            },
        )

    @api.model
    def _put_mark(self, device_id, version, mark):
        self.env.cr.execute(
            """
            INSERT INTO workshop_board_mark (device_id, version, event_mark, made_at)
            VALUES (%s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC')
                ON CONFLICT (device_id, version)
                DO UPDATE SET event_mark = excluded.event_mark
            """,
            [device_id, version, mark],
        )


def _board(row):
    names = ("device", "bay", "partition", "version", "message")
    return dict(zip(names, row, strict=True))


def _now():
    return round(time.time() * 1000)
