// Who is here, the order that is up, and what may be confirmed of its jobs.

import { button, h, icon } from "./dom.js";
import { coming } from "./film.js";
import { turn } from "./frame.js";
import { liveView } from "./live.js";
import { pair } from "./pair.js";
import { confirm, duration, fresh, go, lookedAt, open, post, state, t, worked } from "./store.js";

const PHASE_ICONS = {
  waiting: "clock",
  in_progress: "play",
  paused: "pause",
  done: "check",
  qc_passed: "checks",
};
const TABS = 4;
const TO_THE_STEPS = ["steps_missing", "value_outside"];

export function screenPresent() {
  const { person, order, issues } = state.view;
  const title = person ? "show_sheet" : order ? "show_badge" : "show_both";
  const [issue] = issues;
  return h(
    "main",
    { class: `present ${issue ? "troubled" : ""}` },
    h(
      "section",
      { class: "present-say" },
      h("h1", {}, t(title)),
      h(
        "div",
        { class: "tiles" },
        tile("badge", t("badge"), person?.name),
        tile("sheet", t("order"), order ? `${order.plate} · ${order.name}` : null),
      ),
      issue
        ? button(
            "trouble",
            () => go("issues", { page: 0 }),
            icon("warn"),
            h("span", {}, `${issue.node} · ${issue.job}: ${issue.text || t(`result_${issue.result}`)}`),
          )
        : h("p", { class: "how" }, t("how")),
    ),
    liveView(),
  );
}

function tile(name, label, found) {
  return h(
    "div",
    { class: `tile ${found ? "is-shown" : ""}` },
    icon(found ? "check" : name),
    h("div", {}, h("strong", {}, found ?? label), h("span", {}, found ? label : t("missing"))),
  );
}

export function screenOrder() {
  const { jobs } = state.view.order;
  const job = lookedAt();
  return h("main", { class: "order" }, tabs(jobs, job), job ? jobPane(job) : null);
}

// Where not all jobs have room, they have pages; the one that is looked at comes first.
function tabs(jobs, job) {
  const size = jobs.length > TABS ? TABS - 1 : TABS;
  const pages = Math.ceil(jobs.length / size);
  const own = Math.floor(Math.max(0, jobs.indexOf(job)) / size);
  const page = Math.min(state.screen.tabs ?? own, pages - 1);
  const shown = jobs.slice(page * size, (page + 1) * size);
  const move = (to) => go("home", { tabs: to });
  return h(
    "nav",
    { class: "jobs" },
    shown.map((each, at) => jobTab(each, page * size + at + 1, each === job)),
    pages > 1
      ? h(
          "div",
          { class: "tab-pages" },
          turn("back", page - 1, pages, "previous", move),
          h("span", { class: "page" }, t("page", { page: page + 1, pages })),
          turn("forth", page + 1, pages, "next", move),
        )
      : null,
  );
}

function jobTab(job, number, current) {
  return h(
    "button",
    {
      class: `job-tab phase-${job.phase}`,
      type: "button",
      "aria-current": current ? "true" : null,
      onclick: () => choose(job),
    },
    h("span", { class: "number" }, String(number)),
    h(
      "span",
      { class: "tab-text" },
      h("strong", {}, job.name),
      h("span", {}, icon(PHASE_ICONS[job.phase]), t(`phase_${job.phase}`)),
    ),
  );
}

// Shown at once here; told to the bay, so that its buttons and other pages follow.
function choose(job) {
  state.view.job = job.id;
  go("home");
  post("/api/job", { job: job.id }).catch(() => {});
}

export function jobClock(job) {
  return h("span", { class: "job-clock", "data-job": String(job.id) }, duration(worked(job)));
}

function jobPane(job) {
  return h(
    "section",
    { class: "job" },
    h("h1", {}, job.name),
    h(
      "div",
      { class: "job-state" },
      h(
        "p",
        { class: `phase phase-${job.phase}` },
        icon(PHASE_ICONS[job.phase]),
        h("span", {}, t(`phase_${job.phase}`)),
        job.running ? h("span", { class: "by" }, t("by", { name: job.running })) : null,
      ),
      h(
        "p",
        { class: "job-time" },
        jobClock(job),
        h("span", {}, t(job.off_standard ? "off_standard" : "standard", { hours: job.hours })),
      ),
    ),
    job.nodes.length
      ? h(
          "div",
          { class: `nodes ${job.nodes.length > 4 ? "many" : ""}` },
          job.nodes.map((node, at) => nodeButton(job, node, at)),
        )
      : h("p", { class: "finished" }, icon("checks"), t("finished")),
    tools(job),
  );
}

function tools(job) {
  const { order, phones, photos } = state.view;
  const done = job.steps.filter((step) => step.done).length;
  const first = job.steps.findIndex((step) => !step.done);
  const skip = order.complaint ? 1 : 0;
  const page = done && first >= 0 ? first + skip : 0;
  const takes = job.nodes.find(open);
  const filming = coming() === "recording";
  return h(
    "div",
    { class: "tools" },
    job.steps.length || order.complaint
      ? button(
          "plain procedure",
          () => go("procedure", { job: job.id, page }),
          icon("list"),
          h("span", {}, t("procedure")),
          job.steps.length ? h("strong", {}, `${done}/${job.steps.length}`) : null,
        )
      : null,
    takes
      ? button(
          `plain add-photo ${filming ? "is-filming" : ""}`,
          () => go("photo", { job: job.id, node: takes.code, ahead: true }),
          icon(filming ? "record" : "camera"),
          h("span", {}, t(filming ? "filming" : "add_photo")),
          photos.length ? h("strong", {}, String(photos.length)) : null,
        )
      : null,
    takes && phones !== null
      ? button(
          "plain pair-phone",
          pair,
          icon("phone"),
          h("span", {}, t("phone")),
          phones ? h("strong", {}, icon("check")) : null,
        )
      : null,
  );
}

function nodeButton(job, node, at) {
  const may = open(node);
  const steps = !may && TO_THE_STEPS.includes(node.refusal?.code);
  // What goes on with the work stands out; a pause asks for a reason, and does not.
  const onward = job.nodes.findIndex((each) => open(each) && !each.reasons.length);
  return h(
    "button",
    {
      class: `node ${may ? (onward === at ? "primary" : "second") : "shut"}`,
      type: "button",
      disabled: (!may && !steps) || state.busy !== null || state.lost || !fresh(),
      "data-node": node.code,
      onclick: () => (steps ? toTheSteps(job, node) : tapNode(job, node)),
    },
    h("strong", {}, node.name),
    may ? asked(node) : h("span", {}, steps ? icon("list") : null, whyNot(node)),
  );
}

// In few words where a tap leads to what is missing, else in the bay's own.
function whyNot({ refusal }) {
  if (refusal?.code === "steps_missing") {
    return t("steps_first", { count: refusal.params.missing });
  }
  return refusal?.code === "value_outside" ? t("value_breaks") : (refusal?.text ?? "");
}

function asked(node) {
  const { photos_needed: need, demands, signer } = node;
  const due = demands.filter((each) => !each.done || each.outside).length;
  const rest = due + (signer !== "none" && !node.signed ? 1 : 0);
  return [
    need ? h("span", {}, icon("camera"), t("photos_first", { need })) : null,
    rest ? h("span", {}, icon("list"), t("asks_first", { count: rest })) : null,
  ];
}

function toTheSteps(job, node) {
  const { steps, step } = node.refusal.params;
  const wanted = steps ?? [step];
  const first = Math.max(0, job.steps.findIndex((each) => wanted.includes(each.id)));
  go("procedure", { job: job.id, page: first + (state.view.order.complaint ? 1 : 0) });
}

// What begins work is one tap; what ends it is asked about, for gloves are clumsy.
function tapNode(job, node) {
  const at = { job: job.id, node: node.code };
  if (node.reasons.length) go("reason", at);
  else afterReason(job, node, null);
}

export function afterReason(job, node, reason) {
  const at = { job: job.id, node: node.code, reason };
  if (node.demands.length || node.signer !== "none") go("demands", { ...at, page: 0 });
  else if (node.photos_needed) go("photo", at);
  else if (reason || node.button === "start") confirm(job, node, reason);
  else go("confirm", at);
}
