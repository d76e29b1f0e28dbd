// The job's procedure, step by step; a measured one by its value on a number pad.

import { button, h, icon } from "./dom.js";
import { pager, titleBar } from "./frame.js";
import { act, breaks, go, home, jobOf, limits, state, t } from "./store.js";

const VALUE = /^-?\d{1,9}(\.\d{1,3})?$/;
const LONG = 90; // signs of an instruction beyond which it is written smaller

function pagesOf(job) {
  const { complaint } = state.view.order;
  const pages = job.steps.map((step, at) => ({ step, number: at + 1 }));
  return complaint ? [{ complaint }, ...pages] : pages;
}

export function screenProcedure() {
  const job = jobOf(state.screen.job);
  if (!job) return null;
  const pages = pagesOf(job);
  const page = Math.min(state.screen.page, pages.length - 1);
  const shown = pages[page];
  if (!shown) return null;
  if (state.screen.large && shown.step?.picture) return largePicture(shown.step);
  const move = (to) => go("procedure", { job: job.id, page: to });
  return h(
    "main",
    { class: "asking" },
    titleBar(job.name, home, ...pager(page, pages.length, move)),
    shown.step ? stepPage(job, shown, page) : saidPage(shown.complaint),
  );
}

function saidPage(complaint) {
  return h(
    "article",
    { class: "step said" },
    h("p", { class: "step-number" }, t("complaint")),
    h("h2", { class: complaint.length > LONG ? "long" : null }, complaint),
  );
}

function stepPage(job, { step, number }, page) {
  const typing = step.id !== null && isMeasured(step) && !step.done;
  const typed = state.screen.value ?? "";
  const text = [step.instruction, step.tool ? t("tool", { tool: step.tool }) : ""];
  const long = text.join("").length > LONG;
  return h(
    "article",
    { class: `step ${typing ? "with-pad" : ""}` },
    h(
      "div",
      { class: "step-text" },
      step.picture ? smallPicture(step) : null,
      h("p", { class: "step-number" }, h("span", { class: "number" }, String(number)), limitBox(step)),
      h("h2", {}, step.name),
      text.filter(Boolean).map((each) => h("p", { class: long ? "long" : null }, each)),
    ),
    typing ? valueBox(step, typed) : null,
    typing ? pad(typed, (value) => go("procedure", { ...state.screen, value })) : null,
    step.id === null ? null : checkOff(job, step, typed, page),
  );
}

function pictureButton(step, className, large) {
  return h(
    "button",
    {
      class: className,
      type: "button",
      "aria-label": t(large ? "picture_larger" : "picture_close"),
      onclick: () => go("procedure", { ...state.screen, large }),
    },
    h("img", { src: `/api/picture/${step.picture}`, alt: step.name }),
  );
}

function smallPicture(step) {
  return pictureButton(step, "step-picture", true);
}

function largePicture(step) {
  return h("main", { class: "large" }, pictureButton(step, "large-picture", false));
}

function limitBox(step) {
  return limits(step) ? h("strong", { class: "limit" }, limits(step)) : null;
}

export function isMeasured(step) {
  return step.limit_min !== null || step.limit_max !== null;
}

export function valueBox(step, typed) {
  const outside = VALUE.test(typed) && breaks(step, typed);
  return h(
    "output",
    { class: `typed ${outside ? "outside" : ""}` },
    h("strong", {}, typed || "–"),
    h("span", {}, step.unit ?? ""),
    outside ? h("em", {}, icon("warn"), t("value_breaks")) : null,
  );
}

export function pad(typed, type) {
  const key = (label, next, name) =>
    h(
      "button",
      { class: "key", type: "button", "aria-label": name ?? null, onclick: () => type(next) },
      label,
    );
  const point = typed.includes(".") ? typed : `${typed}.`;
  return h(
    "div",
    { class: "keys" },
    [..."123456789"].map((digit) => key(digit, typed + digit)),
    typed ? key(".", point) : key("−", "-"),
    key("0", `${typed}0`),
    key("⌫", typed.slice(0, -1), t("erase")),
  );
}

export function isValue(typed) {
  return VALUE.test(typed);
}

function checkOff(job, step, typed, page) {
  if (step.done) {
    return h(
      "div",
      { class: `checked ${step.outside ? "outside" : ""}` },
      icon(step.outside ? "warn" : "check"),
      h("strong", {}, step.value === null ? t("step_done") : `${step.value} ${step.unit ?? ""}`),
      step.outside ? h("span", {}, t("value_outside")) : null,
      button("plain", () => check(job, step, page, { done: false }), t("step_again")),
    );
  }
  const measured = isMeasured(step);
  const value = measured ? typed : null;
  return h(
    "button",
    {
      class: `confirm ${measured && isValue(typed) && breaks(step, typed) ? "outside" : ""}`,
      type: "button",
      disabled: (measured && !isValue(typed)) || state.busy !== null || state.lost,
      onclick: () => check(job, step, page, { done: true, value }),
    },
    icon("check"),
    t("step_check"),
  );
}

// The next open step follows by itself, unless the value has to be dealt with.
async function check(job, step, page, { done, value = null }) {
  const said = await act("check", "/api/check", { job: job.id, step: step.id, value, done });
  if (!said || state.screen.name !== "procedure") return;
  const stays = !done || (value !== null && breaks(step, value));
  const last = pagesOf(job).length - 1;
  if (!stays && page === last) home();
  else go("procedure", { job: job.id, page: stays ? page : page + 1 });
}
