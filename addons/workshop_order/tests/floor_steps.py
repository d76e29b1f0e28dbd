"""What people do at bays and in the browser with jobs under way, as steps."""

from workbay_contract.events import MediaRef
from workbay_contract.types import sha256

from ..floor.facts import Fact, Source
from .films import photo

MINUTE = 60_000
REJECTED = "rejected"
FORWARD = ("qc_pass", "finish", "resume", "start")
NODES = ("start", "pause", "resume", "finish", "qc_pass", "qc_fail")


class FloorSteps:
    """The floor's part of ``World``."""

    def _node_of(self, job, number):
        """What brings the job on, mostly; or what may follow, or any node at all."""
        allowed = job._process().allowed(job._floor_state()) if job.floor_id else ()
        if not allowed or number % 8 == 0:
            return self._pick(NODES, number // 8)
        if number % 8 < 6:
            return next((node for node in FORWARD if node in allowed), allowed[0])
        return self._pick(allowed, number // 8)

    def _person_of(self, job, node, number):
        test = self.test
        if number % 5 == 0:
            people = (test.technician, test.tom, test.inspector, test.lead)
        elif node.startswith("qc"):
            people = (test.inspector,)
        elif node in ("pause", "finish") and job.running_user_id:
            people = (job.running_user_id,)
        else:
            people = (test.technician, test.tom)
        return self._pick(people, number // 5)

    def _scan(self, which, node, person, mark=None):
        job = self._pick(self._agreed() if which % 8 else self.orders.job_ids, which)
        if not job:
            return None
        code = self._node_of(job, node)
        user = self._person_of(job, code, person)
        return self._tap(job, code, user, person, mark)

    def _tap(self, job, code, user, number, mark=None):
        raw = f"{job.id} {code} {user.id} {next(self.numbers)}"
        number_taken = len(self.taken)
        taken = photo((8, 8 + number_taken % 99), f"#{number_taken * 7919 % 2**24:06x}")
        self.taken[sha256(taken)] = taken
        fact = Fact(
            raw=raw,
            raw_hash=sha256(raw.encode()),
            uuid=f"00000000-0000-4000-8000-{next(self.numbers):012}",
            order_id=job.order_id.id,
            job_id=job.id,
            node=code,
            user_id=user.id,
            at_ms=self.clock - (number % 3) * MINUTE // 2,
            sheet=job.order_id.sheet_hash,
            reason="parts" if code in ("pause", "qc_fail") else None,
            media=(MediaRef(sha256=sha256(taken), size=len(taken)),),
            mark=mark,
        )
        bay = self._pick((self.test.bay, self.test.pit), number)
        [verdict] = self.env["workshop.event"]._record(
            [Source(job.company_id.id, bay.id, [fact])]
        )
        assert verdict.is_final, f"{verdict.code}: {verdict.error}"
        became = verdict.effect
        if verdict.result == "rejected":
            became = f"{REJECTED}: {verdict.code}"
        self.env.invalidate_all()
        return f"{became}, {job.id} {code} by {user.login}"

    def _work(self, which, nodes, person):
        """A job that goes on for some nodes undisturbed, as most do."""
        job = self._pick(self._agreed()[:2], which)
        if not job:
            return None
        said = []
        for _node in range(2 + nodes % 3):
            allowed = job._process().allowed(job._floor_state())
            code = next((node for node in FORWARD if node in allowed), None)
            if not code:
                break
            user = job.running_user_id
            if code == "qc_pass":
                user = self.test.inspector
                for media in self._awaited(job.order_id):
                    media._store(self.taken[media.sha256])
                self.env["workshop.consequence"]._drain(job.order_id.ids)
            elif not user:
                busy = self.orders.job_ids.running_user_id
                idle = (self.test.technician | self.test.tom) - busy
                user = self._pick(idle or busy, person)
            said.append(self._tap(job, code, user, person))
        return "; ".join(said) or None

    @staticmethod
    def _awaited(orders):
        """Photos of these orders whose bytes have not come."""
        media = orders.event_ids.media_ids.filtered(lambda m: m.state != "verified")
        return media.sorted("id")

    def _bring(self, which, how, _c):
        """The bytes of a photo come, or its bay says that they will not."""
        media = self._pick(self._awaited(self.orders), which)
        if not media:
            return None
        if how % 4 == 0 and media.state == "expected":
            media._quarantine("media_lost")
        else:
            media._store(self.taken[media.sha256])
        return f"{media.id} {media.state}"

    def _sign(self, which, who, _c):
        """Somebody answers for it that a photo will not come."""
        media = self._pick(self._awaited(self.orders), which)
        if not media:
            return None
        role = self._pick(("lead", "manager", "technician"), who)
        return self._by(media, role).sign_absence("Lost").ids

    def _stale_scan(self, which, node, person):
        """By a board of some events ago, as a bay without a network has it."""
        events = self.orders.link_ids.sorted("id")
        done = events.filtered(lambda each: each.effect == "applied" and each.node)
        if not done or node % 4 == 0:
            back = events[-1 - person % 6 :] if events else events
            return self._scan(which, node, person, mark=back[:1].id or 0)
        # What another bay has done meanwhile is done once more.
        twin = self._pick(done[-6:], which)
        user = self._person_of(twin.job_id, twin.node, person)
        before = events.filtered(lambda each: each.id < twin.id)
        return self._tap(twin.job_id, twin.node, user, person, mark=before[-1:].id or 0)

    def _type_node(self, which, node, person):
        job = self._pick(self._agreed(), which)
        if not job:
            return None
        code = self._node_of(job, node)
        user = self._person_of(job, code, person)
        job.with_user(user).confirm_node(
            code,
            reason="parts" if code in ("pause", "qc_fail") else None,
            photos=[self.picture],
        )
        return f"{job.id} {code} by {user.login}"

    def _decide(self, which, how, _c):
        issues = self.env["workshop.event"].search(
            [("order_id", "in", self.orders.ids), ("is_open_issue", "=", True)]
        )
        event = self._pick(issues, which)
        if not event:
            return None
        acts = ("apply", "apply", "set_aside") if event.effect == "held" else ("close",)
        act = self._pick(acts, how)
        self._by(event, "lead").decide(act, "So it was")
        return f"{event.id} {act}"

    def _correct(self, which, _b, _c):
        events = self.orders.link_ids.filtered(
            lambda e: e.effect == "applied" and e.node and not e.is_undone
        )
        event = self._pick(events.sorted("id", reverse=True)[:4], which)
        if not event:
            return None
        self._by(event, "lead").correct("It was otherwise")
        return f"{event.id} {event.node}"
