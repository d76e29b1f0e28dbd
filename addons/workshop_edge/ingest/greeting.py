"""``hello``, health and last wills."""

import logging
import time

from psycopg2.extras import Json, execute_values

from workbay_contract.answers import Welcome, sign_answer
from workbay_contract.errors import MalformedError, SealError
from workbay_contract.state import Beat, Gone, Hello, check, read_state

from ..signing import announcements_since, signing_key
from .devices import MOST, Device, lock_devices

_logger = logging.getLogger(__name__)


def welcome(env, hellos: list[str]) -> dict:
    """Answer each ``hello`` of an active device; what is none is passed over."""
    key = signing_key(env)
    said, devices = _read(env, hellos, (Hello,))
    _pass_over_lost(env.cr, said, devices)
    _note(env, said, devices)
    boards = env["workshop.board"]._newest([devices[name].id for name in said])
    now = _now()
    answers, replies = [], []
    for name, hello in said.items():
        device = devices[name]
        board = boards.get(device.id)
        answer = Welcome(
            device=name,
            server_time=now,
            nonce=hello.nonce,
            last_seq=device.last_seq,
            last_seal=device.last_seal,
            board=board["version"] if board else 0,
        )
        # A bay that goes by a former key first learns which ones followed it.
        messages = [*announcements_since(key, hello.key), sign_answer(key, answer)]
        answers += [{**device.address(), "message": text} for text in messages]
        if board and board["version"] != hello.board:
            replies.append(board)
    return {"answers": answers, "boards": replies}


def note_states(env, states: list[str]) -> None:
    said, devices = _read(env, states, (Hello, Beat, Gone))
    _note(env, said, devices)


def _read(env, texts, kinds) -> tuple[dict, dict[str, Device]]:
    """The last word of each active device, as far as it signed it."""
    heard = []
    for text in texts:
        try:
            message = read_state(text)
        except MalformedError as error:
            _logger.warning("Message about a bay's state: %s", error)
            continue
        if isinstance(message, kinds):
            heard.append(message)
    names = sorted({message.device for message in heard})
    devices = {
        name: device
        for name, device in lock_devices(env.cr, names).items()
        if device.status == "active"
    }
    said = {}
    for message in heard:
        name = message.device
        if name not in devices:
            continue
        try:
            check(devices[name].key(), message)
        except SealError as error:
            _logger.warning("Message in the name of %s: %s", name, error)
            continue
        said[name] = message
    return said, devices


def _pass_over_lost(cr, said: dict[str, Hello], devices: dict[str, Device]) -> None:
    """Go on behind a batch that was answered in part and that its bay has no more.

    A bay names the batch on its way until all of it is final, so one that names another
    has lost it with its disk, and what it records next would take the numbers of what
    the log has. Where the word was only late, the bay sends the batch again, and its
    events are taken as ever.
    """
    cr.execute(
        """
        SELECT DISTINCT d.name, b.first + b.count - 1, b.seal
          FROM workshop_device d
          JOIN workshop_event e ON e.device_id = d.id AND e.seq = d.last_seq + 1
          JOIN workshop_batch b ON b.id = e.batch_id AND b.prev = d.last_seal
         WHERE d.id = ANY(%s)
        """,
        [[devices[name].id for name in said if devices[name].is_locked]],
    )
    for name, last, seal in cr.fetchall():
        if said[name].last_seal == seal:
            continue
        device = devices[name]
        _logger.warning("%s has lost its batch up to %s", name, last)
        device.last_seq, device.last_seal = last, seal
        cr.execute(
            "UPDATE workshop_device SET last_seq = %s, last_seal = %s WHERE id = %s",
            [last, seal, device.id],
        )


def _note(env, said: dict, devices: dict[str, Device]) -> None:
    now = _now()
    env["workshop.device.boot"]._pair(
        [
            (devices[name].id, str(message.boot), message.mono)
            for name, message in said.items()
            if not isinstance(message, Gone)
        ],
        now,
    )
    # Whom an ingest call holds right now is seen by that; his health comes each minute.
    rows = [
        (
            devices[name].id,
            not isinstance(message, Gone),
            *_health(message, now),
            min(message.board, MOST) if isinstance(message, Hello) else None,
        )
        for name, message in said.items()
        if devices[name].is_locked
    ]
    if rows:
        execute_values(
            env.cr._obj,
            """
            UPDATE workshop_device d
               SET is_connected = v.connected,
                   health = coalesce(v.health, d.health),
                   agent_version = coalesce(v.agent, d.agent_version),
                   waiting = coalesce(v.waiting, d.waiting),
                   board_held = coalesce(v.board, d.board_held),
                   disk_free_mb = coalesce(v.disk, d.disk_free_mb),
                   media_waiting = coalesce(v.media, d.media_waiting),
                   clock_offset_ms = coalesce(v.clock, d.clock_offset_ms),
                   last_seen = CASE WHEN v.connected
                       THEN clock_timestamp() AT TIME ZONE 'UTC'
                       ELSE d.last_seen END
              FROM (VALUES %s) AS v
                   (id, connected, health, agent, waiting, disk, media, clock, board)
             WHERE d.id = v.id
            """,
            rows,
            template=(
                "(%s, %s, %s::jsonb, %s, %s::int, %s::int, %s::int, %s::bigint,"
                " %s::int)"
            ),
        )
        env["workshop.device"].invalidate_model()
    for name, message in said.items():
        if not isinstance(message, Gone) and message.health.contradicted:
            env["workshop.device"].browse(devices[name].id)._contradicted(
                message.health.contradicted
            )


def _health(message, now: int) -> tuple:
    if isinstance(message, Gone):
        return (None,) * 6
    health = message.health
    agent = health.agent.replace("\x00", "?")  # which PostgreSQL cannot keep
    return (
        Json({**health.model_dump(mode="json"), "agent": agent}),
        agent,
        min(health.waiting, MOST),
        min(health.disk_free_mb, MOST),
        min(health.media_waiting, MOST),
        None if health.wall is None else health.wall - now,
    )


def _now() -> int:
    return round(time.time() * 1000)
