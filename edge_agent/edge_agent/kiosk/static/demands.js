// What a node asks for by itself: lines to tick, values, a signature, photos.

import { confirmButton } from "./ask.js";
import { button, h, icon } from "./dom.js";
import { helpBand, pager, titleBar } from "./frame.js";
import { isValue, pad, valueBox } from "./procedure.js";
import { act, actPicture, go, home, limits, state, t } from "./store.js";

const ROWS = 3;

function rowsOf(job, node) {
  const at = { job: job.id, node: node.code, reason: state.screen.reason };
  const list = () => go("demands", { ...at, page: state.screen.page ?? 0 });
  const rows = node.demands.map((each) => demandRow(at, each));
  if (node.photos_needed) {
    const { photos } = state.view;
    const counted = t("photos_of", { have: photos.length, need: node.photos_needed });
    rows.push({
      name: counted,
      done: photos.length >= node.photos_needed,
      icon: "camera",
      tap: () => go("photo", { ...at, back: list }),
    });
  }
  if (node.signer !== "none") {
    rows.push({
      name: t(`sign_${node.signer}`),
      done: node.signed !== null,
      icon: "pen",
      tap: () => go("sign", at),
    });
  }
  return rows;
}

function demandRow(at, each) {
  const { code, done } = each;
  const tick = () =>
    act("tick", "/api/tick", { job: at.job, node: at.node, item: code, done: !done });
  return {
    name: each.name,
    note: limits(each),
    value: each.value === null ? null : `${each.value} ${each.unit ?? ""}`,
    done,
    outside: each.outside,
    tap: each.measured ? () => go("measure", { ...at, item: code, value: "" }) : tick,
  };
}

export function screenDemands({ job, node }) {
  const rows = rowsOf(job, node);
  const most = helpBand() ? ROWS - 1 : ROWS;
  const pages = Math.ceil(rows.length / most);
  const page = Math.min(state.screen.page ?? 0, pages - 1);
  const move = (to) => go("demands", { ...state.screen, page: to });
  return h(
    "main",
    { class: "asking" },
    titleBar(`${node.name} · ${job.name}`, home, ...pager(page, pages, move)),
    h("div", { class: "demands" }, rows.slice(page * most, (page + 1) * most).map(demandButton)),
    confirmButton(job, node, node.may),
  );
}

function demandButton(row) {
  const mark = row.outside ? "warn" : row.done ? "check" : (row.icon ?? "empty");
  return h(
    "button",
    {
      class: `demand ${row.outside ? "outside" : row.done ? "is-done" : ""}`,
      type: "button",
      disabled: state.busy !== null || state.lost,
      onclick: row.tap,
    },
    icon(mark),
    h("strong", {}, row.name),
    h("span", {}, [row.value, row.note].filter(Boolean).join(" · ")),
  );
}

export function screenMeasure({ job, node }) {
  const each = node.demands.find((demand) => demand.code === state.screen.item);
  if (!each) return null;
  const { value: typed } = state.screen;
  const { reason } = state.screen;
  const list = () => go("demands", { job: job.id, node: node.code, reason, page: 0 });
  const enter = async () => {
    const body = { job: job.id, node: node.code, item: each.code, value: typed, done: true };
    if (await act("tick", "/api/tick", body)) list();
  };
  return h(
    "main",
    { class: "asking" },
    titleBar(node.name, list),
    h(
      "article",
      { class: "step with-pad" },
      h(
        "div",
        { class: "step-text" },
        h("p", { class: "step-number" }, h("strong", { class: "limit" }, limits(each))),
        h("h2", {}, each.name),
      ),
      valueBox(each, typed),
      pad(typed, (value) => go("measure", { ...state.screen, value })),
      h(
        "button",
        {
          class: "confirm",
          type: "button",
          disabled: !isValue(typed) || state.busy !== null || state.lost,
          onclick: enter,
        },
        icon("check"),
        t("enter"),
      ),
    ),
  );
}

// A finger's path on white paper; kept between two drawings of the page.

const paper = h("canvas", { class: "paper", width: "776", height: "220" });
let down = false;
let blank = true;

function pen(event) {
  const box = paper.getBoundingClientRect();
  const scale = paper.width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}

function wipe() {
  const ink = paper.getContext("2d");
  ink.fillStyle = "#ffffff";
  ink.fillRect(0, 0, paper.width, paper.height);
  blank = true;
}

paper.addEventListener("pointerdown", (event) => {
  paper.setPointerCapture(event.pointerId);
  const ink = paper.getContext("2d");
  Object.assign(ink, { lineWidth: 5, lineCap: "round", lineJoin: "round" });
  ink.beginPath();
  ink.moveTo(...pen(event));
  down = true;
});
paper.addEventListener("pointermove", (event) => {
  if (!down) return;
  const ink = paper.getContext("2d");
  ink.lineTo(...pen(event));
  ink.stroke();
  blank = false;
});
paper.addEventListener("pointerup", () => {
  down = false;
});

let signing = "";

export function screenSign({ job, node }) {
  const { reason } = state.screen;
  const list = () => {
    signing = "";
    go("demands", { job: job.id, node: node.code, reason, page: 0 });
  };
  const who = `${state.view.person?.id} ${job.id} ${node.code}`;
  if (signing !== who) wipe();
  signing = who;
  const keep = () => {
    if (blank) return;
    paper.toBlob(
      async (blob) => {
        const path = `/api/signature?job=${job.id}&node=${node.code}`;
        if (await actPicture("sign", path, blob)) list();
      },
      "image/jpeg",
      0.9,
    );
  };
  return h(
    "main",
    { class: "asking" },
    titleBar(t(`sign_${node.signer}`), list, button("plain", wipe, icon("cross"), t("sign_anew"))),
    paper,
    h(
      "button",
      { class: "confirm", type: "button", disabled: state.busy !== null || state.lost, onclick: keep },
      icon("check"),
      t("enter"),
    ),
  );
}
