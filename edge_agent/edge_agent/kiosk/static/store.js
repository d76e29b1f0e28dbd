// What the page knows, its words, and how it talks to the agent.

import { sound } from "./sound.js";

const LANGS = ["en_US", "zh_CN"];
const TOAST_MS = 8000;
const BUSY_MS = 100; // an answer within a blink is drawn alone, and so at once
const STALE_MS = 2000; // the longest that a view may lag behind a record

const tables = {};
let draw = () => {};
let toastTimer = 0;

export const state = {
  view: null,
  received: 0, // performance.now() when the view came
  lost: false, // the agent does not answer
  screen: { name: "home" },
  recorded: { seq: 0, at: 0 }, // the last event recorded by this page
  busy: null, // what is under way: "confirm", "photo" …
  awaited: false, // an answer, for a blink: nothing else is drawn until it is here
  toast: null,
  lens: null, // what is in the way where this browser's camera is the bay's
};

export function onDraw(draws) {
  draw = draws;
}

export function render(now = false) {
  draw(now);
}

// Words

export async function loadWords() {
  const load = async (lang) => (await fetch(`/static/strings/${lang}.json`)).json();
  const loaded = await Promise.all(LANGS.map(load));
  LANGS.forEach((lang, at) => {
    tables[lang] = loaded[at];
  });
}

export function t(key, values = {}) {
  const table = tables[state.view?.lang] ?? tables.en_US;
  return table[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function locale() {
  return (state.view?.lang ?? "en_US").replace("_", "-");
}

export function clockTime(ms) {
  const parts = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(locale(), parts).format(new Date(ms));
}

export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function worked(job) {
  const now = state.view.now + (performance.now() - state.received);
  return job.worked_ms + (job.since === null ? 0 : now - job.since);
}

export function limits({ limit_min: min, limit_max: max, unit }) {
  const values = { min, max, unit: unit ?? "" };
  if (min !== null && max !== null) return t("limit_between", values);
  if (min !== null) return t("limit_least", values);
  return max !== null ? t("limit_most", values) : "";
}

export function breaks({ limit_min: min, limit_max: max }, value) {
  const number = Number(value);
  return (min !== null && number < min) || (max !== null && number > max);
}

// Talking to the agent

async function send(path, body, type) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": type },
    body,
  });
  const answer = response.status === 204 ? {} : await response.json();
  return response.ok ? { ok: answer } : { refusal: answer };
}

export function post(path, body = {}) {
  return send(path, JSON.stringify(body), "application/json");
}

async function acting(kind, ask) {
  if (state.busy || state.lost) return null;
  state.busy = kind;
  state.awaited = true;
  const asked = ask();
  const slow = setTimeout(() => {
    state.awaited = false;
    render();
  }, BUSY_MS);
  try {
    const { ok, refusal } = await asked;
    if (refusal) toast(refusalText(refusal), "bad");
    return ok ?? null;
  } catch {
    toast(t("not_recorded"), "bad");
    return null;
  } finally {
    clearTimeout(slow);
    state.awaited = false;
    state.busy = null;
    setTimeout(render); // what follows the answer is drawn first
  }
}

export function act(kind, path, body = {}) {
  return acting(kind, () => post(path, body));
}

export function actPicture(kind, path, blob) {
  return acting(kind, () => send(path, blob, "image/jpeg"));
}

function refusalText(refusal) {
  if (refusal.code === "camera") return t("refusal_camera");
  return refusal.text ?? t("not_recorded");
}

export function toast(text, kind, notice = false) {
  clearTimeout(toastTimer);
  state.toast = { text, kind, notice };
  toastTimer = setTimeout(untoast, TOAST_MS);
  if (state.view?.sounds) sound("refused");
  render();
}

export function untoast() {
  if (!state.toast) return;
  clearTimeout(toastTimer);
  state.toast = null;
  render(true);
}

// Where the page is

export function go(name, rest = {}) {
  state.screen = { name, ...rest };
  render(true);
}

export function home() {
  go("home");
}

// A node that lacks only what the kiosk takes on the way is open.
export function open(node) {
  return node.may || node.asks;
}

export function lookedAt() {
  const jobs = state.view.order?.jobs ?? [];
  return jobs.find((job) => job.id === state.view.job) ?? jobs[0];
}

// Whether the view knows of what was recorded here: what stood there before is past.
export function fresh() {
  const { seq, at } = state.recorded;
  return (state.view.recent[0]?.seq ?? 0) >= seq || performance.now() - at > STALE_MS;
}

export function jobOf(id) {
  return state.view.order?.jobs.find((job) => job.id === id);
}

// The node that is asked about, as long as it may be confirmed.
export function current() {
  const { job: id, node: code } = state.screen;
  const job = jobOf(id);
  const node = job?.nodes.find((each) => each.code === code);
  return job && node && open(node) ? { job, node } : null;
}

export async function confirm(job, node, reason = null) {
  const body = { job: job.id, node: node.code, reason };
  const recorded = await act("confirm", "/api/confirm", body);
  if (!recorded) return;
  state.recorded = { seq: recorded.seq, at: performance.now() };
  go("done", { uuid: recorded.uuid, job: job.name, node: node.name, since: Date.now() });
}
