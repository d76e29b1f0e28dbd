// The bay's screen. State comes from the agent by server-sent events; this page only
// shows it and says what was tapped.

import { screenConfirm, screenPhoto, screenReason } from "./ask.js";
import { screenDemands, screenMeasure, screenSign } from "./demands.js";
import { clockText, filmed } from "./film.js";
import { footer, header, helpBand, toastBox } from "./frame.js";
import { lend } from "./lens.js";
import { look } from "./live.js";
import { screenOrder, screenPresent } from "./order.js";
import { screenPair } from "./pair.js";
import { screenProcedure } from "./procedure.js";
import { heard, sound } from "./sound.js";
import {
  clockTime,
  current,
  duration,
  fresh,
  home,
  jobOf,
  loadWords,
  locale,
  onDraw,
  post,
  render,
  state,
  t,
  toast,
  untoast,
  worked,
} from "./store.js";
import { screenDone, screenRows } from "./told.js";
import { listenToScanners } from "./wedge.js";

const DONE_ACCEPTED_MS = 4000;
const DONE_WAITING_MS = 12000;
const NOTICE_MS = 8000;
const SILENCE_MS = 20000; // the agent says something every five seconds

const forced = new URLSearchParams(location.search).get("lang");
const query = forced ? `?lang=${encodeURIComponent(forced)}` : "";
const root = document.getElementById("app");

// Listening to the agent

let source = null;
let silence = 0;
let notice = 0; // the last scan notice that was shown

function listen() {
  source?.close();
  source = new EventSource(`/api/events${query}`);
  source.addEventListener("view", (event) => take(JSON.parse(event.data)));
  // This unit is no bay any more: another page asks for the enrolment code.
  source.addEventListener("enrol", () => location.reload());
  clearTimeout(silence);
  source.onerror = () => {
    clearTimeout(silence);
    silence = setTimeout(lose, 2000);
  };
  alive();
}

function alive() {
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
}

function lose() {
  state.lost = true;
  render();
  silence = setTimeout(listen, 2000);
}

function take(view) {
  alive();
  const before = state.view;
  // The agent was updated under this page, which may be open for months.
  if (before && before.page !== view.page) {
    location.reload();
    return;
  }
  state.view = view;
  state.received = performance.now();
  state.lost = false;
  document.documentElement.lang = locale();
  document.title = t("title");
  if (before && gone(before, view)) state.screen = { name: "home" };
  if (before) filmed(before, view);
  const news = before && heard(before, view);
  if (news && view.sounds) sound(news);
  tell(view.notice);
  if (view.lends) {
    lend((trouble) => {
      state.lens = trouble;
      render();
    });
  }
  render();
}

// A scan that was refused; a good one takes back what was said before.
function tell(said) {
  if (!said) {
    if (state.toast?.notice) untoast();
    return;
  }
  if (said.number === notice) return;
  notice = said.number;
  if (said.age_ms >= NOTICE_MS) return;
  toast(said.text, "warn", true);
}

// Another person or another order: what was half done was somebody else's.
function gone(before, view) {
  const who = before.person?.id !== view.person?.id && before.person;
  const what = before.order?.id !== view.order?.id;
  return (who || what) && state.screen.name !== "done";
}

// Rendering: the whole page anew, but only when what is shown changed, and never
// between a finger's going down and its going up, nor just before an answer.

const asking = {
  reason: screenReason,
  confirm: screenConfirm,
  photo: screenPhoto,
  demands: screenDemands,
  measure: screenMeasure,
  sign: screenSign,
};

function screen() {
  const { view } = state;
  const { name } = state.screen;
  if (name === "done") return screenDone();
  if (name === "records") return screenRows("records", view.recent);
  if (name === "issues") return screenRows("issues", view.issues);
  let shown = name === "procedure" ? screenProcedure() : name === "pair" ? screenPair() : null;
  if (name in asking) {
    // What may be confirmed can change under one's hands.
    const now = current();
    shown = now ? asking[name](now) : null;
  }
  if (shown) return shown;
  if (name !== "home") state.screen = { name: "home" };
  return view.order && view.person ? screenOrder() : screenPresent();
}

let drawn = "";
let pressed = false;
let late = false;

onDraw((now) => {
  if (!state.view) return;
  if ((pressed || state.awaited) && !now) {
    late = true;
    return;
  }
  late = false;
  const { view, lost, screen: place, busy, lens, toast: said } = state;
  const { now: _, version: __, notice: ___, film_left: ____, ...shown } = view;
  const picture = JSON.stringify([shown, fresh(), lost, place, busy, lens, said]);
  if (picture === drawn) return;
  drawn = picture;
  const band = helpBand();
  const main = screen();
  const full = state.screen.name === "home";
  root.replaceChildren(
    ...[header(flip), band, main, full ? footer() : null, said ? toastBox(said) : null].filter(
      Boolean,
    ),
  );
  look();
});

document.addEventListener("pointerdown", () => {
  pressed = true;
});
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    // The click comes after this event; it must still find its button.
    setTimeout(() => {
      pressed = false;
      if (late) render();
    }, 0);
  });
}

// What became of a scan comes with the next view, as of the camera's.
listenToScanners((readings) => {
  post("/api/scan", { readings }).catch(() => {
    toast(t("agent_gone"), "bad");
  });
});

setInterval(() => {
  const { view, screen: place } = state;
  if (!view) return;
  for (const element of document.querySelectorAll(".job-clock")) {
    const job = jobOf(Number(element.dataset.job));
    if (job) element.textContent = duration(worked(job));
  }
  for (const element of document.querySelectorAll(".film-clock")) {
    element.textContent = clockText();
  }
  const wall = document.querySelector(".wall-clock");
  if (wall) wall.textContent = clockTime(view.now + (performance.now() - state.received));
  if (place.name !== "done") return;
  const result = view.recent.find((each) => each.uuid === place.uuid)?.result ?? "waiting";
  const limit = { accepted: DONE_ACCEPTED_MS, waiting: DONE_WAITING_MS }[result];
  if (limit && Date.now() - place.since > limit) home();
}, 1000);

// Light and dark

function flip() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  setTheme(now === "dark" ? "light" : "dark");
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

const chosen = localStorage.getItem("theme");
if (chosen === "dark" || chosen === "light") setTheme(chosen);

await loadWords();
listen();
