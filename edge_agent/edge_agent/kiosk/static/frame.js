// Parts of every screen: head, help, foot, title, pages.

import { button, h, icon } from "./dom.js";
import { act, clockTime, go, home, state, t, untoast } from "./store.js";

const NET_ICONS = { online: "net", connecting: "net" };

const LEAD_TO_CONFIRM = new Set(["home", "photo", "demands", "confirm"]);

export const RESULT_ICONS = {
  waiting: "clock",
  accepted: "check",
  held: "warn",
  rejected: "cross",
};

async function leave() {
  if (await act("leave", "/api/leave")) home();
}

export function header(flip) {
  const { view } = state;
  const net = view.connection;
  return h(
    "header",
    { class: "head" },
    view.order && view.person
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

function band(kind, text) {
  const role = kind === "bad" ? "alert" : null;
  return h("div", { class: `band ${kind}`, role }, icon("warn"), text);
}

export function helpBand() {
  const { view } = state;
  if (state.lost) return band("bad", t("agent_gone"));
  if (view.not_kept && LEAD_TO_CONFIRM.has(state.screen.name)) {
    return band("warn", t("not_kept", { count: view.not_kept }));
  }
  if (view.contradicted) return band("bad", t("contradicted", { number: view.contradicted }));
  if (view.board === 0) return band("warn", t("board_missing"));
  if (view.waiting.media_stuck) {
    const stuck = t("media_stuck", { count: view.waiting.media_stuck });
    return band("warn", [stuck, ...view.stuck].join(" "));
  }
  if (["alarm", "not_authorized", "version", "expired"].includes(view.connection)) {
    const kind = view.connection === "version" ? "warn" : "bad";
    return band(kind, t(`net_${view.connection}_help`));
  }
  return null;
}

function waitingText() {
  const { events, media } = state.view.waiting;
  if (!events && !media) return t("all_sent");
  const key = !media ? "to_send" : events ? "to_send_both" : "to_send_photos";
  return t(key, { events, media });
}

export function footer() {
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

export function titleBar(title, back, ...rest) {
  return h(
    "div",
    { class: "title-bar" },
    button("plain back", back, icon("back"), t("back")),
    h("h1", {}, title),
    ...rest,
  );
}

export function turn(name, to, pages, label, move) {
  return h(
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
}

export function pager(page, pages, move) {
  if (pages < 2) return [];
  return [
    turn("back", page - 1, pages, "previous", move),
    h("span", { class: "page" }, t("page", { page: page + 1, pages })),
    turn("forth", page + 1, pages, "next", move),
  ];
}

export function toastBox({ text, kind }) {
  return h(
    "div",
    { class: `toast ${kind}`, role: "alert", onclick: untoast },
    icon("warn"),
    h("span", {}, text),
    icon("cross"),
  );
}
