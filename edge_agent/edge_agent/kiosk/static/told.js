// What became of things: recorded, last records, open issues.

import { button, h, icon } from "./dom.js";
import { pager, RESULT_ICONS, titleBar } from "./frame.js";
import { clockTime, go, home, state, t } from "./store.js";

const PAGE_ROWS = 3;

export function screenDone() {
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
      becameOf(row, result),
    ),
    button("continue", home, t("continue")),
  );
}

function becameOf(row, result) {
  if (result === "waiting") {
    if (state.view.connection === "offline") return t("net_offline_help");
    return `${t("on_disk")} ${t("result_waiting")}`;
  }
  return row.text && result !== "accepted" ? row.text : t(`result_${result}`);
}

export function screenRows(name, rows) {
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const page = Math.min(state.screen.page, pages - 1);
  const move = (to) => go(name, { page: to });
  return h(
    "main",
    { class: "asking" },
    titleBar(t(`${name}_title`), home, ...pager(page, pages, move)),
    h("ul", { class: "rows" }, rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map(line)),
  );
}

function line(row) {
  return h(
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
  );
}
