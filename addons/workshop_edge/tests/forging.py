"""Ways to forge, replay and alter what a bay sends, each by its name.

A way takes the chance and a mark and returns a payload that ingest may not take. None
of them is given the key of the bay that it is about; what that key can do wrongly is in
``EVENTS``: a stolen unit that seals what it likes.
"""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract.batch import seal_batch
from workbay_contract.codes import token_hash
from workbay_contract.events import decode_event
from workbay_contract.types import canonical

ORDER_OF_ED25519 = 2**252 + 27742317777372353535851937790883648493
"""RFC 8032: adding it to a signature's S gives another one that naive code takes."""


class Mark:
    """A bay as whoever forges knows it: all that it ever sent, and no key of its own.

    :ivar bay: the bay, for its name and number.
    :ivar older: its first batch; ``last``: its second: both are settled.
    :ivar genuine: its third one, on its way; ``later``: the one after that.
    :ivar others: the other marks.
    :ivar former: the bay's former unit, revoked when this one was enrolled.
    :ivar odoo: Odoo's own signing key.
    """

    def __init__(self, bay, former, odoo):
        self.bay, self.former, self.odoo = bay, former, odoo
        self.others = []
        self.older = self.last = self.genuine = self.later = None


def _text(batch):
    return batch.encode().decode()


def _with(batch, **values):
    return canonical({**json.loads(batch.encode()), **values}).decode()


def _sealed(key, mark, events=None, **values):
    batch = mark.genuine
    return _text(
        seal_batch(
            key,
            **{
                "device": batch.device,
                "first": batch.first,
                "prev": batch.prev,
                "events": events or batch.raw_events,
                **values,
            },
        )
    )


def _changed(raw, **values):
    """An event's bytes with other values in them."""
    return canonical({**json.loads(raw), **values}).decode()


# Forged: the right words, another signature


def another_key(chance, mark):
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    return _sealed(key, mark)


def another_bays_key(chance, mark):
    return _sealed(chance.choice(mark.others).bay.key, mark)


def odoos_key(chance, mark):
    events = [_changed(raw, board=chance.randrange(2**31)) for raw in _raw(mark)]
    return _sealed(mark.odoo, mark, [event.encode() for event in events])


def the_former_units_key(chance, mark):
    events = [_changed(raw, board=chance.randrange(2**31)) for raw in _raw(mark)]
    return _sealed(mark.former.key, mark, [event.encode() for event in events])


def the_revoked_unit_itself(chance, mark):
    name = mark.former.name
    events = [
        _changed(raw, device=name, board=chance.randrange(2**31)) for raw in _raw(mark)
    ]
    return _sealed(
        mark.former.key, mark, [event.encode() for event in events], device=name
    )


def a_unit_that_nobody_knows(chance, mark):
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    return _sealed(key, mark, device=f"dev-{chance.randbytes(6).hex()}")


def a_made_up_signature(chance, mark):
    return _with(mark.genuine, sig=chance.randbytes(64).hex())


def a_signature_without_curve(chance, mark):
    """Points of small order, with which some verifiers take any message."""
    point = chance.choice(["00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f"])
    scalar = chance.choice(["00" * 32, chance.randbytes(31).hex() + "00"])
    return _with(mark.genuine, sig=point + scalar)


def second_form_of_the_signature(chance, mark):
    sig = bytes.fromhex(mark.genuine.sig)
    scalar = int.from_bytes(sig[32:], "little") + ORDER_OF_ED25519
    values = {"sig": (sig[:32] + scalar.to_bytes(32, "little")).hex()}
    return _with(mark.genuine, **values, waiting=chance.randrange(2**31))


# Altered: something else under the bay's own signature


def byte_anywhere(chance, mark):
    """But not in the number of waiting events, a hint outside the seal."""
    data = bytearray(mark.genuine.encode())
    place = chance.randrange(data.rindex(b'"waiting":'))
    data[place] ^= chance.randrange(1, 256)
    return data.decode("utf-8", "surrogateescape")


def byte_of_an_event(chance, mark):
    events = list(mark.genuine.events)
    number = chance.randrange(len(events))
    data = bytearray(events[number].encode())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
    events[number] = data.decode()
    return _with(mark.genuine, events=events)


def value_of_an_event(chance, mark):
    events = list(mark.genuine.events)
    number = chance.randrange(len(events))
    values = chance.choice(
        [
            {"node": chance.choice(["start", "finish", "qc_pass"])},
            {"order": chance.randrange(1, 2**31)},
            {"job": chance.randrange(1, 2**31)},
            {"badge": chance.randbytes(32).hex()},
            {"sheet": chance.randbytes(32).hex()},
            {"reason": f"made_up_{chance.randrange(10**6)}"},
        ]
    )
    events[number] = _changed(events[number], **values)
    return _with(mark.genuine, events=events)


def same_meaning_other_bytes(chance, mark):
    events = list(mark.genuine.events)
    number = chance.randrange(len(events))
    place = events[number].index(",")
    space = " " * chance.randrange(1, 1000)
    events[number] = events[number][:place] + space + events[number][place:]
    return _with(mark.genuine, events=events)


def siblings_swapped(chance, mark):
    events = list(mark.genuine.events)
    events.reverse()
    return _with(mark.genuine, events=events, waiting=chance.randrange(2**31))


def event_taken_out(chance, mark):
    events = list(mark.genuine.events)
    del events[chance.randrange(len(events))]
    return _with(mark.genuine, events=events, waiting=chance.randrange(2**31))


def event_put_in(chance, mark):
    events = list(mark.genuine.events)
    events.insert(
        chance.randrange(len(events) + 1),
        _changed(events[0], uuid=f"{chance.randrange(16**32):032x}"),
    )
    return _with(mark.genuine, events=events)


def event_doubled(chance, mark):
    events = list(mark.genuine.events)
    events.insert(0, chance.choice(events))
    return _with(mark.genuine, events=events, waiting=chance.randrange(2**31))


def number_moved(chance, mark):
    first = mark.genuine.first + chance.randrange(1, 10**9)
    return _with(mark.genuine, first=first)


def another_previous_seal(chance, mark):
    return _with(mark.genuine, prev=chance.randbytes(32).hex())


def digit_of_the_signature(chance, mark):
    sig = list(mark.genuine.sig)
    place = chance.randrange(len(sig))
    sig[place] = chance.choice([d for d in "0123456789abcdef" if d != sig[place]])
    return _with(mark.genuine, sig="".join(sig), waiting=chance.randrange(2**31))


def seal_of_another_batch(chance, mark):
    batch = chance.choice([mark.older, mark.last, mark.later])
    return _with(mark.genuine, sig=batch.sig, waiting=chance.randrange(2**31))


# Replayed: genuine, but elsewhere or at another time


def older_batch_over_again(chance, mark):
    return _with(mark.older, waiting=chance.randrange(2**31))


def later_batch_too_early(chance, mark):
    return _with(mark.later, waiting=chance.randrange(2**31))


def at_another_bay(chance, mark):
    """Of the same store or another one."""
    other = chance.choice(mark.others)
    batch = chance.choice([mark.older, mark.last, mark.genuine])
    return _with(batch, device=other.bay.name, waiting=chance.randrange(2**31))


def as_the_former_unit(chance, mark):
    return _with(mark.genuine, device=mark.former.name, waiting=chance.randrange(2**31))


def older_events_under_a_new_number(chance, mark):
    batch = chance.choice([mark.older, mark.last])
    return _with(
        mark.genuine, events=list(batch.events), waiting=chance.randrange(2**31)
    )


def older_batch_under_a_new_number(chance, mark):
    batch = chance.choice([mark.older, mark.last])
    return _with(
        batch,
        first=mark.genuine.first,
        prev=mark.genuine.prev,
        waiting=chance.randrange(2**31),
    )


def half_of_an_older_batch(chance, mark):
    batch = chance.choice([mark.older, mark.last])
    return _with(batch, events=batch.events[:1], waiting=chance.randrange(2**31))


def _raw(mark):
    return mark.genuine.events


def _named(*ways):
    return {way.__name__: way for way in ways}


SEALS = {
    "forged": _named(
        another_key,
        another_bays_key,
        odoos_key,
        the_former_units_key,
        the_revoked_unit_itself,
        a_unit_that_nobody_knows,
        a_made_up_signature,
        a_signature_without_curve,
        second_form_of_the_signature,
    ),
    "altered": _named(
        byte_anywhere,
        byte_of_an_event,
        value_of_an_event,
        same_meaning_other_bytes,
        siblings_swapped,
        event_taken_out,
        event_put_in,
        event_doubled,
        number_moved,
        another_previous_seal,
        digit_of_the_signature,
        seal_of_another_batch,
    ),
    "replayed": _named(
        older_batch_over_again,
        later_batch_too_early,
        at_another_bay,
        as_the_former_unit,
        older_events_under_a_new_number,
        older_batch_under_a_new_number,
        half_of_an_older_batch,
    ),
}

SEAL_ALONE = {
    "another_key",
    "another_bays_key",
    "odoos_key",
    "the_former_units_key",
    "a_made_up_signature",
    "a_signature_without_curve",
    "second_form_of_the_signature",
    "byte_of_an_event",
    "value_of_an_event",
    "same_meaning_other_bytes",
    "siblings_swapped",
    "event_taken_out",
    "event_put_in",
    "event_doubled",
    "digit_of_the_signature",
    "seal_of_another_batch",
    "older_events_under_a_new_number",
    "older_batch_under_a_new_number",
}
"""Ways that nothing but the look at the seal finds out."""


# What a stolen unit seals with its own, genuine key. Each gives an event's bytes for
# its next number ``seq``.


def another_units_name(chance, event, seq, case):
    return _own(event, seq, device=case.second.name)


def another_number(chance, event, seq, case):
    return _own(event, seq + chance.randrange(1, 1000))


def a_badge_that_nobody_was_given(chance, event, seq, case):
    return _own(event, seq, badge=chance.randbytes(32).hex())


def a_revoked_badge(chance, event, seq, case):
    return _own(event, seq, badge=token_hash(case.revoked))


def a_badge_of_another_store(chance, event, seq, case):
    return _own(event, seq, badge=token_hash(case.elsewhere))


def a_guessed_sheet(chance, event, seq, case):
    return _own(event, seq, sheet=chance.randbytes(32).hex())


def another_orders_sheet(chance, event, seq, case):
    return _own(event, seq, sheet=case.other_order.sheet_hash)


def another_stores_order(chance, event, seq, case):
    order = case.foreign_order
    return _own(
        event, seq, order=order.id, job=order.job_ids[:1].id, sheet=order.sheet_hash
    )


def another_orders_job(chance, event, seq, case):
    return _own(event, seq, job=case.other_order.job_ids[:1].id)


def an_order_that_is_none(chance, event, seq, case):
    return _own(event, seq, order=chance.randrange(2**30, 2**31))


def a_node_that_is_none(chance, event, seq, case):
    return _own(event, seq, node=f"free_{chance.randrange(10**6)}")


def another_bays_event(chance, event, seq, case):
    """Its very bytes, as they were accepted there."""
    return chance.choice(case.accepted).encode()


def another_bays_event_as_its_own(chance, event, seq, case):
    """Its UUID with the unit's own name and number."""
    values = json.loads(chance.choice(case.accepted))
    return _own(event, seq, uuid=values["uuid"])


def its_own_event_over_again(chance, event, seq, case):
    return _own(event, seq, uuid=case.own_uuid)


def _own(event, seq, **values):
    """The event under the unit's next number, with these values instead of its own."""
    made = _changed(event, seq=seq, **values)
    decode_event(made)  # well-formed: what is refused of it is not its form
    return made.encode()


EVENTS = {
    "forged": _named(
        a_badge_that_nobody_was_given,
        a_revoked_badge,
        a_badge_of_another_store,
        a_guessed_sheet,
        an_order_that_is_none,
        a_node_that_is_none,
    ),
    "altered": _named(
        another_units_name,
        another_number,
        another_orders_sheet,
        another_stores_order,
        another_orders_job,
    ),
    "replayed": _named(
        another_bays_event,
        another_bays_event_as_its_own,
        its_own_event_over_again,
    ),
}
