"""Certificate, broker, bridge, clock and the kiosk's own address."""

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue

import httpx

from edge_agent import identity
from edge_agent.clock import SystemClock
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.running import Running
from edge_agent.errors import IdentityError
from edge_agent.identity import Broker, Identity
from edge_agent.link import Link, LinkEvent, Up
from edge_agent.server_time import FILE, ServerTime
from edge_agent.settings import Settings

REACH_SECONDS = 5.0
ENDS_SOON = timedelta(days=30)
OFF_SECONDS, WRONG_SECONDS = 5.0, 60.0
"""How far the clock may be off before it is said, and before it is a fault."""


def certificate(settings: Settings, running: Running | None) -> Sequence[Finding]:
    if not identity.is_enrolled(settings.data_dir):
        return [Finding("certificate", "warn", "not_enrolled")]
    try:
        who = identity.load(settings.data_dir)
    except IdentityError as error:
        return [Finding("certificate", "fail", "identity", {"what": str(error)})]
    now = datetime.fromtimestamp(_time(who).best() / 1000, UTC)
    until = {"until": f"{who.until:%Y-%m-%d}", "days": (who.until - now).days}
    if who.until < now:
        return [Finding("certificate", "fail", "certificate_ended", until)]
    begin = who.certificate.not_valid_before_utc
    if begin > now + timedelta(days=1):
        params = {"begin": f"{begin:%Y-%m-%d}", "now": f"{now:%Y-%m-%d}"}
        return [Finding("certificate", "fail", "certificate_early", params)]
    if who.until - now < ENDS_SOON:
        return [Finding("certificate", "warn", "certificate_soon", until)]
    return [Finding("certificate", "ok", "certificate", until)]


def broker(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """Each broker: is it reached, is it ours, does it admit this device.

    While an agent runs it is not logged in to: the broker would end the agent's own
    session. What the agent says of its connection stands in for that.
    """
    who = _enrolled(settings)
    if who is None:
        return [Finding("broker", "warn", "broker_not_yet")]
    found = []
    for each in who.brokers:
        params = {"broker": f"{each.host}:{each.port}"}
        if (wrong := _reach(each, who)) is not None:
            level = "warn" if len(who.brokers) > 1 else "fail"
            code, what = wrong
            found.append(Finding("broker", level, code, {**params, "what": what}))  # type: ignore[arg-type]
        elif running is not None:
            found.append(Finding("broker", "ok", "broker_reached", params))
        else:
            found.append(_log_in(each, who, settings.keepalive))
    if running is not None:
        found.append(_connection(running))
    if all(each.level != "ok" for each in found[: len(who.brokers)]):
        found.append(Finding("broker", "fail", "broker_none"))
    return found


def _reach(to: Broker, who: Identity) -> tuple[str, str] | None:
    """What hinders a TLS connection: a word's code and the system's own words."""
    context = who.tls(_time(who))
    try:
        plain = socket.create_connection((to.host, to.port), REACH_SECONDS)
    except socket.gaierror as error:
        return "broker_name", error.strerror or str(error)
    except TimeoutError:
        return "broker_silent", "timeout"
    except ConnectionRefusedError:
        return "broker_refused", "connection refused"
    except OSError as error:
        return "broker_silent", error.strerror or str(error)
    try:
        with plain, context.wrap_socket(plain, server_hostname=to.host):
            return None
    except ssl.SSLCertVerificationError as error:
        # Its own words where OpenSSL refused; the agent's where it judged the days.
        said = getattr(error, "verify_message", "") or error.args[0]
        return "broker_false", str(said)
    except (ssl.SSLError, OSError) as error:
        return "broker_no_tls", str(error)


def _log_in(to: Broker, who: Identity, keepalive: int) -> Finding:
    params = {"broker": f"{to.host}:{to.port}"}
    events: SimpleQueue[LinkEvent] = SimpleQueue()
    link = Link(to, who, who.tls(_time(who)), keepalive, SystemClock(), events.put)
    link.open()
    try:
        event = events.get(timeout=2 * REACH_SECONDS)
    except Empty:
        return Finding("broker", "fail", "broker_silent", {**params, "what": "MQTT"})
    finally:
        link.close()
        link.wait_closed()
    if isinstance(event, Up):
        return Finding("broker", "ok", "broker", params)
    reason = getattr(event, "reason", "")
    return Finding("broker", "fail", "broker_refuses", {**params, "what": reason})


def _connection(running: Running) -> Finding:
    state = str(running.view.get("connection", "?"))
    good = {"online": ("ok", "online"), "connecting": ("warn", "connecting")}
    level, code = good.get(state, ("fail", "offline"))
    return Finding("broker", level, code, {"state": state})  # type: ignore[arg-type]


def clock(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """Whether the system keeps its clock, and how far it is from the bridge's."""
    own = SystemClock()
    found = []
    if not own.synced():
        found.append(Finding("clock", "warn", "clock_alone"))
    who = _enrolled(settings)
    if who is None:
        return found or [Finding("clock", "ok", "clock_synced")]
    kept = _time(who).now().least
    now = datetime.now(UTC)
    if kept is not None and kept / 1000 > now.timestamp() + WRONG_SECONDS:
        last = datetime.fromtimestamp(kept / 1000, UTC)
        params = {"now": f"{now:%Y-%m-%d %H:%M}", "last": f"{last:%Y-%m-%d %H:%M}"}
        return [*found, Finding("clock", "fail", "clock_behind", params)]
    try:
        off = _offset(who)
    except (httpx.HTTPError, ValueError) as error:
        params = {"bridge": who.media_url, "what": str(error) or type(error).__name__}
        return [*found, Finding("bridge", "warn", "bridge_silent", params)]
    params = {"seconds": f"{off:+.0f}"}
    if abs(off) > WRONG_SECONDS:
        return [*found, Finding("clock", "fail", "clock_off", params)]
    if abs(off) > OFF_SECONDS:
        return [*found, Finding("clock", "warn", "clock_off", params)]
    return [*found, Finding("clock", "ok", "clock", params)]


def _offset(who: Identity) -> float:
    """Seconds that our clock is ahead of the bridge's, to a second.

    :raises httpx.HTTPError: it is not reached, or is not ours.
    :raises ValueError: it does not say what time it is.
    """
    with httpx.Client(
        verify=who.media_tls(_time(who)), timeout=REACH_SECONDS, trust_env=False
    ) as client:
        said = client.get(f"{who.media_url}/health").headers.get("date")
    if said is None:
        raise ValueError("no date in its answer")
    # Its second had begun, and was over on average half of it later.
    theirs = parsedate_to_datetime(said) + timedelta(seconds=0.5)
    return (datetime.now(UTC) - theirs).total_seconds()


def kiosk(settings: Settings, running: Running | None) -> Sequence[Finding]:
    params = {"at": f"{settings.kiosk_host}:{settings.kiosk_port}"}
    if running is not None:
        params["version"] = running.version
        return [Finding("kiosk", "ok", "kiosk_runs", params)]
    family = socket.AF_INET6 if ":" in settings.kiosk_host else socket.AF_INET
    try:
        at = (settings.kiosk_host, settings.kiosk_port)
        socket.create_server(at, family=family).close()
    except OSError as error:
        params["what"] = error.strerror or str(error)
        return [Finding("kiosk", "fail", "kiosk_taken", params)]
    return [Finding("kiosk", "warn", "kiosk_free", params)]


def _enrolled(settings: Settings) -> Identity | None:
    """None where there is none, or a damaged one: the certificate's check says so."""
    try:
        return identity.load(settings.data_dir)
    except IdentityError:
        return None


def _time(who: Identity) -> ServerTime:
    return ServerTime(SystemClock(), who.folder / FILE)
