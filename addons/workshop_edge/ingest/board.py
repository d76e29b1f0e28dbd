"""What the boards of one store say, read once for all of its bays."""

from datetime import UTC
from typing import Any

from pydantic import TypeAdapter

from odoo.addons.workshop_order.floor.reader import (
    certificates_in,
    read_certificates,
    read_state,
)

from workbay_contract.board import (
    BoardJob,
    BoardOrder,
    BoardPerson,
    BoardStep,
    OpenIssue,
)
from workbay_contract.checkpoint import Checkpoint
from workbay_contract.confirmation import Certificate
from workbay_contract.process import Process
from workbay_contract.types import canonical

ENGLISH = "en_US"
CHECKPOINTS = TypeAdapter(tuple[Checkpoint, ...])
ISSUES = TypeAdapter(tuple[OpenIssue, ...])
ORDERS = TypeAdapter(tuple[BoardOrder, ...])
PERSONS = TypeAdapter(tuple[BoardPerson, ...])
PROCESSES = TypeAdapter(dict[int, Process])
PROCEDURES = TypeAdapter(dict[int, tuple[BoardStep, ...]])
SKILLS = TypeAdapter(dict[int, dict[str, str]])
MOST_ISSUES = 50
ISSUE_DAYS = 7


class StoreBoard:
    """The store's part of its bays' boards.

    :ivar mark: the log was read up to this event.
    """

    def __init__(self, env, company_id: int) -> None:
        self.env = env
        self.company_id = company_id
        # Before anything else: what is read later may know more, never less.
        self.mark = self._value("SELECT coalesce(max(id), 0) FROM workshop_event")
        env.invalidate_all()
        self.store = env["res.company"].browse(company_id)
        self.lang = self.store.partner_id.lang or ENGLISH
        self.processes: dict[int, Process] = {}
        self.procedures: dict[int, tuple[BoardStep, ...]] = {}
        self.running: dict[int, int] = {}
        self.demanded: set[int] = set()
        self.orders = self._orders()
        self.skills = self._skills()
        self.persons = self._persons()
        self.issues = self._issues()
        self._checkpoints_json = CHECKPOINTS.dump_json(
            env["workshop.checkpoint"]._on_boards()
        )
        self._orders_json = self._dump_orders()
        self._persons_json = PERSONS.dump_json(self.persons)
        self._shared_json = (
            b',"processes":'
            + PROCESSES.dump_json(self.processes)
            + b',"procedures":'
            + PROCEDURES.dump_json(self.procedures)
            + b',"skills":'
            + SKILLS.dump_json(self.skills)
        )
        self.bays = {
            bay.id: bay.display_name
            for bay in env["workshop.bay"].search([("company_id", "=", company_id)])
        }

    def body(
        self,
        device_id: int,
        name: str,
        bay: str,
        bay_id: int,
        version: int,
        now: int,
        most: int | None = None,
    ) -> bytes:
        """One bay's board as JSON (``workbay_contract.board.Board``).

        What its bays share is encoded once for all of them: that is most of it.

        :param most: how many orders it may hold, the newest; None: all.
        """
        issues = tuple(
            issue.model_copy(update={"seq": seq if owner == device_id else None})
            for issue, owner, seq in self.issues
        )
        own = {
            "v": 1,
            "device": name,
            "bay": bay,
            "version": version,
            "made_at": now,
            "store": self.store.name,
            "bay_name": self.bays.get(bay_id, ""),
            "lang": self.lang,
        }
        return b"".join(
            (
                canonical(own)[:-1],
                b',"issues":',
                ISSUES.dump_json(issues),
                b',"checkpoints":',
                self._checkpoints_json,
                b',"persons":',
                self._persons_json,
                self._shared_json,
                b',"orders":',
                self._orders_json if most is None else self._dump_orders(most),
                b"}",
            )
        )

    def _dump_orders(self, most: int | None = None) -> bytes:
        return ORDERS.dump_json(self.orders[:most])

    def _orders(self) -> tuple[BoardOrder, ...]:
        rows = self._rows(
            """
            SELECT o.id, o.name, o.sheet_hash, v.license_plate,
                   concat_ws(' ', brand.name, model.name), o.complaint
              FROM workshop_order_floor f
              JOIN workshop_order o ON o.id = f.order_id
              JOIN fleet_vehicle v ON v.id = o.vehicle_id
              LEFT JOIN fleet_vehicle_model model ON model.id = v.model_id
              LEFT JOIN fleet_vehicle_model_brand brand ON brand.id = model.brand_id
             WHERE f.is_open AND f.company_id = %s AND o.state IN ('open', 'done')
             ORDER BY o.received_at DESC, o.id DESC
            """,
            [self.company_id],
        )
        jobs = self._jobs([row[0] for row in rows])
        return tuple(
            BoardOrder.model_construct(
                id=order_id,
                name=name,
                sheet=sheet,
                plate=plate or "",
                vehicle=vehicle or "",
                complaint=complaint or "",
                jobs=tuple(jobs.get(order_id, ())),
            )
            for order_id, name, sheet, plate, vehicle, complaint in rows
        )

    def _jobs(self, order_ids: list[int]) -> dict[int, list[BoardJob]]:
        jobs: dict[int, list[BoardJob]] = {}
        for (
            order_id,
            job_id,
            name,
            text,
            process_id,
            version_id,
            hours,
            *state,
        ) in self._rows(
            """
            SELECT j.order_id, j.id, s.name, j.text, j.process_id, j.version_id,
                   j.hours,
                   f.node, f.phase, f.running_user_id, f.since_ms, f.worked_ms,
                   f.workers, f.checks, f.settled, f.facts
              FROM workshop_job_floor f
              JOIN workshop_job j ON j.id = f.job_id
              JOIN workshop_service s ON s.id = j.service_id
             WHERE f.order_id = ANY(%s) AND j.state = 'authorised'
             ORDER BY j.sequence, j.id
            """,
            [order_ids],
        ):
            if process_id not in self.processes:
                process = self.env["workshop.event"]._process(process_id)
                self.processes[process_id] = process
            if version_id not in self.procedures:
                self.procedures[version_id] = self._steps(version_id)
            skills = self.env["workshop.event"]._skills(version_id)
            self.demanded.update(skills)
            jobs.setdefault(order_id, []).append(
                BoardJob.model_construct(
                    id=job_id,
                    # What was agreed in words is in nobody's language but its own.
                    name={ENGLISH: text} if text else _names(name),
                    process=process_id,
                    hours=hours,
                    off_standard=bool(text),
                    procedure=version_id,
                    state=read_state(state, skills),
                )
            )
        return jobs

    def _skills(self) -> dict[int, dict[str, str]]:
        """What the jobs demand, by name."""
        rows = self._rows(
            "SELECT id, name FROM hr_skill WHERE id = ANY(%s) ORDER BY id",
            [sorted(self.demanded)],
        )
        return {skill_id: _names(name) for skill_id, name in rows}

    def _certificates(self, user_ids: list[int]) -> dict[int, tuple[Certificate, ...]]:
        """Of these persons, as far as any job on the board demands them."""
        if not self.demanded:
            return {}
        zone = self.store._workshop_tz()
        return {
            user_id: certificates_in(
                [row for row in rows if row[0] in self.demanded], zone
            )
            for user_id, rows in read_certificates(self.env.cr, user_ids).items()
        }

    def _steps(self, version_id: int) -> tuple[BoardStep, ...]:
        return tuple(
            BoardStep.model_construct(
                id=step_id,
                is_check=bool(is_check),
                name=_names(name),
                instruction=_names(instruction),
                tool=_names(tool),
                limit_min=low if kind in ("at_least", "between") else None,
                limit_max=high if kind in ("at_most", "between") else None,
                unit=unit,
                picture=picture or None,
            )
            for (
                step_id,
                is_check,
                name,
                instruction,
                tool,
                kind,
                low,
                high,
                unit,
                picture,
            ) in self.env["workshop.board"]._step_rows(version_id)
        )

    def _persons(self) -> tuple[BoardPerson, ...]:
        rows = self._rows(
            """
            SELECT b.user_id, b.token_hash, b.valid_to, p.name, p.lang, f.job_id
              FROM workshop_badge b
              JOIN res_users u ON u.id = b.user_id AND u.active
              JOIN res_company_users_rel r ON r.user_id = u.id AND r.cid = %s
              JOIN res_partner p ON p.id = u.partner_id
              LEFT JOIN workshop_job_floor f ON f.running_user_id = u.id
             WHERE b.revoked IS NOT TRUE
               AND b.valid_from <= clock_timestamp() AT TIME ZONE 'UTC'
               AND (b.valid_to IS NULL
                    OR b.valid_to > clock_timestamp() AT TIME ZONE 'UTC')
             ORDER BY b.user_id, b.id
            """,
            [self.company_id],
        )
        user_ids = [row[0] for row in rows]
        roles_of = self.env["res.users"].browse(user_ids)._workshop_roles_of_each()
        certificates = self._certificates(user_ids)
        return tuple(
            BoardPerson.model_construct(
                id=user_id,
                badge=badge,
                valid_to=_ms(valid_to),
                name=name,
                lang=lang or ENGLISH,
                roles=roles,
                running_job=job_id,
                certificates=certificates.get(user_id, ()),
            )
            for user_id, badge, valid_to, name, lang, job_id in rows
            if (roles := roles_of[user_id])
        )

    def _issues(self) -> list[tuple[OpenIssue, int | None, int | None]]:
        """What was rejected or held and is not made good by what came after it.

        An order that is closed takes no rejected event any more, but what it holds is
        still to be decided.
        """
        return [
            (
                OpenIssue.model_construct(
                    seq=None,
                    order=order_id,
                    job=job_id,
                    person=user_id,
                    node=node,
                    result="held" if effect == "held" else "rejected",
                    code=code,
                    params=params or {},
                    at=at,
                    order_name=order_name,
                    job_name={ENGLISH: text} if text else _names(job_name),
                    node_name=_names(node_name),
                ),
                device_id,
                seq,
            )
            for (
                order_id,
                job_id,
                user_id,
                node,
                effect,
                code,
                params,
                at,
                device_id,
                seq,
                order_name,
                text,
                job_name,
                node_name,
            ) in self._rows(
                """
                SELECT e.order_id, e.job_id, e.user_id, e.node, e.effect, e.code,
                       e.params, e.occurred_ms, e.device_id, e.seq,
                       o.name, j.text, s.name, n.name
                  FROM workshop_event e
                  JOIN workshop_order_floor f ON f.order_id = e.order_id
                  JOIN workshop_order o ON o.id = e.order_id
                  JOIN workshop_job j ON j.id = e.job_id
                  JOIN workshop_service s ON s.id = j.service_id
                  LEFT JOIN workshop_process_node n
                         ON n.process_id = j.process_id AND n.code = e.node
                 WHERE e.company_id = %(store)s
                   AND (e.effect = 'held' OR (e.result = 'rejected' AND f.is_open))
                   AND e.job_id IS NOT NULL
                   AND e.user_id IS NOT NULL
                   AND e.received_at > now() AT TIME ZONE 'UTC'
                       - %(days)s * interval '1 day'
                   AND NOT EXISTS (
                       SELECT 1 FROM workshop_event d WHERE d.target_id = e.id
                   )
                   AND (e.effect = 'held' OR NOT EXISTS (
                       SELECT 1
                         FROM workshop_event later
                        WHERE later.job_id = e.job_id
                          AND later.effect = 'applied'
                          AND later.node IS NOT NULL
                          AND later.id > e.id
                   ))
                 ORDER BY e.id DESC
                 LIMIT %(most)s
                """,
                {
                    "store": self.company_id,
                    "days": ISSUE_DAYS,
                    "most": MOST_ISSUES,
                },
            )
        ]

    def _value(self, query: str) -> Any:
        return self._rows(query, [])[0][0]

    def _rows(self, query: str, params) -> list[tuple]:
        self.env.cr.execute(query, params)
        return self.env.cr.fetchall()


def _names(value: dict[str, str] | None) -> dict[str, str]:
    """A translated field as the database has it: by language, English at least."""
    return {lang: text for lang, text in (value or {}).items() if text}


def _ms(value) -> int | None:
    return value and round(value.replace(tzinfo=UTC).timestamp() * 1000)
