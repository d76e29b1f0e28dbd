// The bay's screen. State comes from the agent by server-sent events; this page only
// shows it and says what was tapped. Data reaches the page as text nodes, never as HTML.

import { lend } from "./lens.js";
import { listenToScanners } from "./wedge.js";

const LANGS = ["en_US", "zh_CN"];
const TOAST_MS = 8000;
const DONE_ACCEPTED_MS = 4000;
const DONE_WAITING_MS = 12000;
const SILENCE_MS = 20000; // the agent says something every five seconds
const LIVE_PAUSE_MS = 250;
const PAGE_ROWS = 3;

const forced = new URLSearchParams(location.search).get("lang");
const query = forced ? `?lang=${encodeURIComponent(forced)}` : "";
const root = document.getElementById("app");
const tables = {};

const state = {
  view: null,
  received: 0, // performance.now() when the view came
  lost: false, // the agent does not answer
  screen: { name: "home" },
  job: null, // the job that is looked at
  busy: null, // what is under way: "confirm" or "photo"
  toast: null,
  notice: 0, // the last scan notice that was shown
  lens: null, // what is in the way where this browser's camera is the bay's
};

// Words

function t(key, values = {}) {
  const table = tables[state.view?.lang] ?? tables.en_US;
  return table[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

function locale() {
  return (state.view?.lang ?? "en_US").replace("_", "-");
}

function clockTime(ms) {
  const parts = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(locale(), parts).format(new Date(ms));
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function worked(job) {
  const now = state.view.now + (performance.now() - state.received);
  return job.worked_ms + (job.since === null ? 0 : now - job.since);
}

// Elements

function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

function button(className, onclick, ...children) {
  return h("button", { class: className, type: "button", onclick }, ...children);
}

// Talking to the agent

async function post(path, body = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? {} : await response.json();
  return response.ok ? { ok: answer } : { refusal: answer };
}

async function act(kind, path, body) {
  if (state.busy || state.lost) return null;
  state.busy = kind;
  render();
  try {
    const { ok, refusal } = await post(path, body);
    if (refusal) toast(refusalText(refusal), "bad");
    return ok ?? null;
  } catch {
    toast(t("not_recorded"), "bad");
    return null;
  } finally {
    state.busy = null;
    render();
  }
}

function refusalText(refusal) {
  if (refusal.code === "camera") return t("refusal_camera");
  return refusal.text ?? t("not_recorded");
}

let source = null;
let silence = 0;

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
  heard();
}

function heard() {
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
}

function lose() {
  state.lost = true;
  render();
  silence = setTimeout(listen, 2000);
}

function take(view) {
  heard();
  const before = state.view;
  state.view = view;
  state.received = performance.now();
  state.lost = false;
  document.documentElement.lang = locale();
  document.title = t("title");
  if (before && gone(before, view)) state.screen = { name: "home" };
  chooseJob(before, view);
  if (view.notice && view.notice.number !== state.notice) {
    state.notice = view.notice.number;
    if (view.notice.age_ms < TOAST_MS) toast(view.notice.text, "warn");
  }
  if (view.lends) {
    lend((trouble) => {
      state.lens = trouble;
      render();
    });
  }
  render();
}

// Another person or another order: what was half done was somebody else's.
function gone(before, view) {
  const who = before.person?.id !== view.person?.id && before.person;
  const what = before.order?.id !== view.order?.id;
  return (who || what) && state.screen.name !== "done";
}

function chooseJob(before, view) {
  const jobs = view.order?.jobs ?? [];
  const same = before?.order?.id === view.order?.id && before?.person?.id === view.person?.id;
  if (same && jobs.some((job) => job.id === state.job)) return;
  const own = jobs.find((job) => job.id === view.person?.running_job);
  const open = jobs.find((job) => job.nodes.some((node) => node.may));
  state.job = (own ?? open ?? jobs[0])?.id ?? null;
}

let toastTimer = 0;

function toast(text, kind) {
  clearTimeout(toastTimer);
  state.toast = { text, kind };
  toastTimer = setTimeout(() => {
    state.toast = null;
    render();
  }, TOAST_MS);
  render();
}

// What a tap does

function go(name, rest = {}) {
  state.screen = { name, ...rest };
  render(true);
}

function home() {
  go("home");
}

function tapNode(job, node) {
  if (node.reasons.length) go("reason", { job: job.id, node: node.code });
  else if (node.photos_needed) go("photo", { job: job.id, node: node.code });
  else go("confirm", { job: job.id, node: node.code });
}

async function confirm(job, node, reason = null) {
  const body = { job: job.id, node: node.code, reason };
  const recorded = await act("confirm", "/api/confirm", body);
  if (!recorded) return;
  go("done", { uuid: recorded.uuid, job: job.name, node: node.name, since: Date.now() });
}

async function leave() {
  const left = await act("leave", "/api/leave", {});
  if (left) home();
}

// The live view: one element for all screens, so that it does not flicker.

const live = h("img", { class: "live-picture", alt: "" });
let liveNumber = 0;
let liveTimer = 0;
const lookAgain = (pause) => {
  clearTimeout(liveTimer);
  liveTimer = setTimeout(look, pause);
};
function look() {
  if (!live.isConnected || document.hidden) {
    lookAgain(1000);
    return;
  }
  liveNumber += 1;
  live.src = `/api/live.jpg?n=${liveNumber}`;
}
live.addEventListener("load", () => {
  live.classList.add("on");
  lookAgain(LIVE_PAUSE_MS);
});
live.addEventListener("error", () => {
  live.classList.remove("on");
  lookAgain(2000);
});

const LENS = {
  asking: "lens_asking",
  insecure: "lens_insecure",
  denied: "lens_denied",
  missing: "lens_missing",
  elsewhere: "lens_elsewhere",
  refused: "lens_refused",
};

// Why the camera sees nothing; null while it does.
function darkness() {
  const { camera, black, lends } = state.view;
  if (lends && state.lens) return t(LENS[state.lens]);
  if (camera && !lends) return t("camera_dark");
  return black ? t("camera_black") : null;
}

function liveView() {
  const dark = darkness();
  return h(
    "figure",
    { class: "live" },
    live,
    dark
      ? h("div", { class: "live-dark" }, icon("camera"), h("p", {}, dark))
      : h("figcaption", {}, t("camera_sees")),
  );
}

// Parts of every screen

const NET_ICONS = { online: "net", connecting: "net" };

function header() {
  const { view } = state;
  const net = view.connection;
  const onOrder = view.order && view.person;
  return h(
    "header",
    { class: "head" },
    onOrder
      ? h(
          "div",
          { class: "head-main" },
          h("span", { class: "plate" }, view.order.plate),
          h(
            "div",
            { class: "head-lines" },
            h("strong", {}, view.order.vehicle),
            h("span", {}, view.order.name),
          ),
        )
      : h(
          "div",
          { class: "head-main" },
          h("span", { class: "bay" }, view.bay || "Workbay"),
          h("div", { class: "head-lines" }, h("strong", {}, view.store), clock()),
        ),
    state.lost
      ? null
      : h(
          "div",
          { class: `net net-${net}` },
          icon(NET_ICONS[net] ?? "nonet"),
          h("span", {}, t(`net_${net}`)),
        ),
    view.person
      ? button(
          "head-button person",
          leave,
          h("span", { class: "person-name" }, view.person.name),
          h("span", { class: "person-leave" }, icon("door"), t("leave")),
        )
      : view.order
        ? button("head-button", leave, icon("door"), t("leave"))
        : null,
    h(
      "button",
      { class: "head-button theme", type: "button", "aria-label": t("theme"), onclick: flip },
      icon("theme"),
    ),
  );
}

function clock() {
  return h("span", { class: "wall-clock" }, clockTime(state.view.now));
}

function helpBand() {
  const { view } = state;
  if (state.lost) return h("div", { class: "band bad", role: "alert" }, icon("warn"), t("agent_gone"));
  if (view.contradicted) {
    const number = view.contradicted;
    return h("div", { class: "band bad", role: "alert" }, icon("warn"), t("contradicted", { number }));
  }
  if (view.board === 0) return h("div", { class: "band warn" }, icon("warn"), t("board_missing"));
  if (view.waiting.media_stuck) {
    const count = view.waiting.media_stuck;
    return h("div", { class: "band warn" }, icon("warn"), t("media_stuck", { count }));
  }
  if (["alarm", "not_authorized", "version", "expired"].includes(view.connection)) {
    const kind = view.connection === "version" ? "warn" : "bad";
    return h("div", { class: `band ${kind}` }, icon("warn"), t(`net_${view.connection}_help`));
  }
  return null;
}

function waitingText() {
  const { events, media } = state.view.waiting;
  if (!events && !media) return t("all_sent");
  const key = !media ? "to_send" : events ? "to_send_both" : "to_send_photos";
  return t(key, { events, media });
}

const RESULT_ICONS = {
  waiting: "clock",
  accepted: "check",
  held: "warn",
  rejected: "cross",
};

function footer() {
  const { view } = state;
  const last = view.recent[0];
  return h(
    "footer",
    { class: "foot" },
    last
      ? button(
          `foot-last result-${last.result}`,
          () => go("records", { page: 0 }),
          icon(RESULT_ICONS[last.result]),
          h(
            "span",
            { class: "foot-text" },
            h("strong", {}, `${clockTime(last.at)}  ${last.node} · ${last.job}`),
            h("span", {}, t(`result_${last.result}`)),
          ),
        )
      : h("span", { class: "foot-last quiet" }, t("no_records")),
    view.issues.length
      ? button(
          "foot-issues",
          () => go("issues", { page: 0 }),
          icon("warn"),
          t("issues", { count: view.issues.length }),
        )
      : null,
    h(
      "span",
      { class: `foot-waiting ${view.waiting.events || view.waiting.media ? "some" : ""}` },
      waitingText(),
    ),
  );
}

function titleBar(title, ...rest) {
  return h(
    "div",
    { class: "title-bar" },
    button("plain back", home, icon("back"), t("back")),
    h("h1", {}, title),
    ...rest,
  );
}

// Screens

function screenPresent() {
  const { person, order, connection } = state.view;
  const headline = person ? "show_sheet" : order ? "show_badge" : "show_both";
  const tile = (name, shown) =>
    h(
      "div",
      { class: `tile ${shown ? "is-shown" : "is-awaited"}` },
      icon(shown ? "check" : name),
      h(
        "div",
        {},
        h("strong", {}, shown ?? t(name === "sheet" ? "order" : "badge")),
        h("span", {}, shown ? t(name === "sheet" ? "order" : "badge") : t("missing")),
      ),
    );
  return h(
    "main",
    { class: "present" },
    h(
      "section",
      { class: "present-say" },
      h("h1", {}, t(headline)),
      h("div", { class: "tiles" }, tile("badge", person?.name), tile("sheet", order?.plate)),
      h("p", { class: "how" }, connection === "offline" ? t("net_offline_help") : t("how")),
    ),
    liveView(),
  );
}

const PHASE_ICONS = {
  waiting: "clock",
  in_progress: "play",
  paused: "pause",
  done: "check",
  qc_passed: "checks",
};

function jobClock(job) {
  return h("span", { class: "job-clock", "data-job": String(job.id) }, duration(worked(job)));
}

function screenOrder() {
  const { order } = state.view;
  const job = order.jobs.find((each) => each.id === state.job) ?? order.jobs[0];
  return h(
    "main",
    { class: "order" },
    h("nav", { class: "jobs" }, order.jobs.map((each) => jobTab(each, each === job))),
    job ? jobPane(job) : null,
  );
}

function jobTab(job, current) {
  return h(
    "button",
    {
      class: `job-tab phase-${job.phase}`,
      type: "button",
      "aria-current": current ? "true" : null,
      onclick: () => {
        state.job = job.id;
        render(true);
      },
    },
    icon(PHASE_ICONS[job.phase]),
    h("span", {}, h("strong", {}, job.name), h("span", {}, t(`phase_${job.phase}`))),
  );
}

function jobPane(job) {
  const { order } = state.view;
  const pages = procedure(job, order);
  return h(
    "section",
    { class: "job" },
    h(
      "div",
      { class: "job-head" },
      h(
        "div",
        { class: "job-what" },
        h("h1", {}, job.name),
        h(
          "p",
          { class: `phase phase-${job.phase}` },
          icon(PHASE_ICONS[job.phase]),
          h(
            "span",
            {},
            t(`phase_${job.phase}`),
            " ",
            job.running ? h("span", { class: "by" }, t("by", { name: job.running })) : null,
          ),
        ),
      ),
      h(
        "div",
        { class: "job-time" },
        jobClock(job),
        h("span", {}, t(job.off_standard ? "off_standard" : "standard", { hours: job.hours })),
      ),
      pages.length
        ? button(
            "plain",
            () => go("procedure", { job: job.id, page: 0 }),
            icon("list"),
            t("procedure"),
          )
        : null,
    ),
    job.nodes.length
      ? h("div", { class: "nodes" }, job.nodes.map((node, at) => nodeButton(job, node, at)))
      : h("p", { class: "finished" }, icon("checks"), t("finished")),
  );
}

// A node that lacks only its photos is open: they are taken on the way.
function open(node) {
  return node.may || node.refusal?.code === "photos_missing";
}

function nodeButton(job, node, at) {
  const may = open(node);
  // What goes on with the work stands out; a pause asks for a reason, and does not.
  const onward = job.nodes.findIndex((each) => open(each) && !each.reasons.length);
  return h(
    "button",
    {
      class: `node ${may ? (onward === at ? "primary" : "second") : "shut"}`,
      type: "button",
      disabled: !may,
      onclick: () => tapNode(job, node),
    },
    h("strong", {}, node.name),
    may
      ? node.photos_needed
        ? h("span", {}, icon("camera"), t("photos_first", { need: node.photos_needed }))
        : null
      : h("span", {}, node.refusal?.text ?? ""),
  );
}

function current() {
  const { job: jobId, node: code } = state.screen;
  const job = state.view.order?.jobs.find((each) => each.id === jobId);
  const node = job?.nodes.find((each) => each.code === code);
  return job && node && open(node) ? { job, node } : null;
}

function screenReason({ job, node }) {
  return h(
    "main",
    { class: "asking" },
    titleBar(`${node.name} · ${t("why_pause")}`),
    h(
      "div",
      { class: "reasons" },
      node.reasons.map((reason) =>
        h(
          "button",
          {
            class: "node second",
            type: "button",
            disabled: state.busy !== null,
            onclick: () => afterReason(job, node, reason.code),
          },
          h("strong", {}, reason.name),
        ),
      ),
    ),
  );
}

function afterReason(job, node, reason) {
  if (node.photos_needed) go("photo", { job: job.id, node: node.code, reason });
  else confirm(job, node, reason);
}

function confirmButton(job, node, ready) {
  const busy = state.busy === "confirm";
  return h(
    "button",
    {
      class: "confirm",
      type: "button",
      disabled: !ready || state.busy !== null || state.lost,
      onclick: () => confirm(job, node, state.screen.reason ?? null),
    },
    icon(busy ? "clock" : "check"),
    busy ? t("recording") : t("confirm"),
  );
}

function screenConfirm({ job, node }) {
  return h(
    "main",
    { class: "asking" },
    titleBar(t("is_it_so")),
    h(
      "div",
      { class: "question" },
      h("strong", {}, node.name),
      h("span", {}, job.name),
    ),
    h(
      "div",
      { class: "question-buttons" },
      button(
        "plain",
        () => go("photo", { ...state.screen }),
        icon("camera"),
        t("add_photo"),
      ),
      confirmButton(job, node, true),
    ),
  );
}

function screenPhoto({ job, node }) {
  const { photos } = state.view;
  const have = photos.length;
  const need = node.photos_needed;
  const ready = have >= need;
  const counted = need ? t("photos_of", { have, need }) : t("photos_have", { have });
  return h(
    "main",
    { class: "asking" },
    titleBar(`${node.name} · ${counted}`),
    h(
      "div",
      { class: "photo" },
      liveView(),
      h(
        "div",
        { class: "photo-side" },
        h(
          "div",
          { class: "thumbs" },
          photos.slice(-4).map((photo, at) => thumb(photo, have - Math.min(have, 4) + at + 1)),
        ),
        have ? h("p", { class: "hint" }, t("retake")) : null,
        h(
          "button",
          {
            class: `shoot ${ready ? "" : "due"}`,
            type: "button",
            disabled: state.busy !== null || state.lost,
            onclick: () => act("photo", "/api/photo", {}),
          },
          icon("camera"),
          state.busy === "photo" ? t("taking") : t("take_photo"),
        ),
        confirmButton(job, node, ready),
      ),
    ),
  );
}

function thumb(photo, number) {
  return h(
    "button",
    {
      class: "thumb",
      type: "button",
      "aria-label": t("photo_number", { number }),
      disabled: state.busy !== null,
      onclick: () => act("discard", `/api/photo/${photo.sha256}/discard`, {}),
    },
    h("img", { src: `/api/photo/${photo.sha256}`, alt: "" }),
    icon("cross"),
  );
}

function screenDone() {
  const { uuid, job, node } = state.screen;
  const row = state.view.recent.find((each) => each.uuid === uuid);
  const result = row?.result ?? "waiting";
  const bad = result === "rejected";
  return h(
    "main",
    { class: `done done-${result}`, onclick: home },
    icon(bad ? "cross" : result === "held" ? "warn" : "check"),
    h("h1", {}, bad ? t("result_rejected") : t("recorded")),
    h("p", { class: "done-what" }, `${node} · ${job}`),
    h(
      "p",
      { class: "done-result" },
      result === "waiting" || result === "accepted" ? icon(RESULT_ICONS[result]) : null,
      result === "waiting" && state.view.connection === "offline"
        ? t("net_offline_help")
        : result === "waiting"
          ? `${t("on_disk")} ${t("result_waiting")}`
          : row.text && result !== "accepted"
            ? row.text
            : t(`result_${result}`),
    ),
    button("continue", home, t("continue")),
  );
}

function pager(page, pages, move) {
  const turn = (name, to, label) =>
    h(
      "button",
      {
        class: "plain",
        type: "button",
        disabled: to < 0 || to >= pages,
        "aria-label": t(label),
        onclick: () => move(to),
      },
      icon(name),
    );
  if (pages < 2) return [];
  return [
    turn("back", page - 1, "previous"),
    h("span", { class: "page" }, t("page", { page: page + 1, pages })),
    turn("forth", page + 1, "next"),
  ];
}

function procedure(job, order) {
  const pages = job.steps.map((step, at) => ({ step, number: at + 1 }));
  return order.complaint ? [{ complaint: order.complaint }, ...pages] : pages;
}

function limits(step) {
  const { limit_min: min, limit_max: max } = step;
  const unit = step.unit ?? "";
  if (min !== null && max !== null) return t("limit_between", { min, max, unit });
  if (min !== null) return t("limit_least", { min, unit });
  if (max !== null) return t("limit_most", { max, unit });
  return "";
}

function screenProcedure() {
  const { order } = state.view;
  const job = order?.jobs.find((each) => each.id === state.screen.job);
  if (!job) return null;
  const pages = procedure(job, order);
  const page = Math.min(state.screen.page, pages.length - 1);
  const shown = pages[page];
  const turn = (to) => go("procedure", { job: job.id, page: to });
  return h(
    "main",
    { class: "asking" },
    titleBar(job.name, ...pager(page, pages.length, turn)),
    shown.step
      ? h(
          "article",
          { class: "step" },
          h("p", { class: "step-number" }, t("step", { number: shown.number })),
          h("h2", {}, shown.step.name),
          shown.step.instruction ? h("p", {}, shown.step.instruction) : null,
          limits(shown.step) ? h("p", { class: "limit" }, limits(shown.step)) : null,
          shown.step.tool ? h("p", { class: "tool" }, t("tool", { tool: shown.step.tool })) : null,
          checkOff(job, shown.step),
        )
      : h(
          "article",
          { class: "step" },
          h("p", { class: "step-number" }, t("complaint")),
          h("h2", {}, shown.complaint),
        ),
  );
}

// A step is checked off by one tap, a measured one by its value on a number pad.
function checkOff(job, step) {
  if (step.id === null) return null;
  if (step.done) {
    return h(
      "div",
      { class: `checked ${step.outside ? "outside" : ""}` },
      icon(step.outside ? "warn" : "check"),
      h("strong", {}, step.value === null ? t("step_done") : `${step.value} ${step.unit ?? ""}`),
      step.outside ? h("span", {}, t("value_outside")) : null,
      h(
        "button",
        { class: "plain", type: "button", onclick: () => check(job, step, false) },
        t("step_again"),
      ),
    );
  }
  const isMeasured = step.limit_min !== null || step.limit_max !== null;
  if (!isMeasured) return checkButton(job, step, true);
  const typed = state.screen.value ?? "";
  const type = (value) => go("procedure", { ...state.screen, value });
  const key = (label, next) =>
    h("button", { class: "key", type: "button", onclick: () => type(next) }, label);
  return h(
    "div",
    { class: "pad" },
    h("output", { class: "typed" }, `${typed || "–"} ${step.unit ?? ""}`),
    h(
      "div",
      { class: "keys" },
      [..."123456789"].map((digit) => key(digit, typed + digit)),
      key(typed ? "." : "−", typed ? (typed.includes(".") ? typed : `${typed}.`) : "-"),
      key("0", `${typed}0`),
      key("⌫", typed.slice(0, -1)),
    ),
    checkButton(job, step, /^-?\d{1,9}(\.\d{1,3})?$/.test(typed), typed),
  );
}

function checkButton(job, step, ready, value = null) {
  return h(
    "button",
    {
      class: "confirm",
      type: "button",
      disabled: !ready || state.busy !== null || state.lost,
      onclick: () => check(job, step, true, value),
    },
    icon("check"),
    t("step_check"),
  );
}

async function check(job, step, done, value = null) {
  const said = await act("check", "/api/check", { job: job.id, step: step.id, value, done });
  if (said && state.screen.name === "procedure") {
    go("procedure", { ...state.screen, value: "" });
  }
}

function screenRows(name, rows) {
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const page = Math.min(state.screen.page, pages - 1);
  const turn = (to) => go(name, { page: to });
  return h(
    "main",
    { class: "asking" },
    titleBar(t(`${name}_title`), ...pager(page, pages, turn)),
    h(
      "ul",
      { class: "rows" },
      rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map((row) =>
        h(
          "li",
          { class: `row result-${row.result}` },
          icon(RESULT_ICONS[row.result]),
          h(
            "div",
            {},
            h("strong", {}, `${row.node} · ${row.job}`),
            h("span", {}, [clockTime(row.at), row.order, row.person].filter(Boolean).join("  ")),
            h("span", { class: "row-result" }, row.text || t(`result_${row.result}`)),
          ),
        ),
      ),
    ),
  );
}

function screen() {
  const { view } = state;
  const asking = { reason: screenReason, confirm: screenConfirm, photo: screenPhoto };
  const { name } = state.screen;
  if (name === "done") return screenDone();
  if (name === "records") return screenRows("records", view.recent);
  if (name === "issues") return screenRows("issues", view.issues);
  if (name === "procedure") {
    const shown = screenProcedure();
    if (shown) return shown;
  }
  if (name in asking) {
    // What may be confirmed can change under one's hands.
    const now = current();
    if (now) return asking[name](now);
  }
  state.screen = { name: "home" };
  return view.order && view.person ? screenOrder() : screenPresent();
}

// Rendering: the whole page anew, but only when what is shown changed, and never
// between a finger's going down and its going up.

let drawn = "";
let pressed = false;
let late = false;

function render(now = false) {
  if (!state.view) return;
  if (pressed && !now) {
    late = true;
    return;
  }
  late = false;
  const { view, lost, screen: place, job, busy, lens, toast: said } = state;
  const { now: _, version: __, notice: ___, ...shown } = view;
  const picture = JSON.stringify([shown, lost, place, job, busy, lens, said]);
  if (picture === drawn) return;
  drawn = picture;
  const full = place.name === "home";
  const band = helpBand();
  const main = screen();
  root.replaceChildren(
    ...[header(), band, main, full ? footer() : null, said ? toastBox(said) : null].filter(Boolean),
  );
  if (live.isConnected) look();
}

function toastBox({ text, kind }) {
  return h(
    "div",
    {
      class: `toast ${kind}`,
      role: "alert",
      onclick: () => {
        state.toast = null;
        render(true);
      },
    },
    icon("warn"),
    text,
  );
}

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
    const job = view.order?.jobs.find((each) => String(each.id) === element.dataset.job);
    if (job) element.textContent = duration(worked(job));
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

for (const lang of LANGS) {
  tables[lang] = await (await fetch(`/static/strings/${lang}.json`)).json();
}
listen();
