// Pairing a phone: a code that is good once, anew before it runs out.

import { h } from "./dom.js";
import { titleBar } from "./frame.js";
import { act, go, home, state, t } from "./store.js";

const AHEAD_MS = 10000;
const MODULE = 8;

const code = h("canvas", { class: "pair-code", role: "img" });
let timer = 0;
let paired = 0; // phones when the code was asked for

export async function pair() {
  paired = state.view.phones;
  go("pair");
  await renew();
}

async function renew() {
  clearTimeout(timer);
  const offer = await act("pair", "/api/phone");
  if (!offer || state.screen.name !== "pair") return;
  drawn(offer.rows);
  timer = setTimeout(() => {
    if (state.screen.name === "pair") renew();
  }, offer.seconds * 1000 - AHEAD_MS);
}

function drawn(rows) {
  code.width = rows[0].length * MODULE;
  code.height = rows.length * MODULE;
  const ink = code.getContext("2d");
  ink.fillStyle = "#ffffff";
  ink.fillRect(0, 0, code.width, code.height);
  ink.fillStyle = "#000000";
  rows.forEach((row, y) => {
    [...row].forEach((sign, x) => {
      if (sign === "1") ink.fillRect(x * MODULE, y * MODULE, MODULE, MODULE);
    });
  });
}

export function screenPair() {
  if (!state.view.order || !state.view.person || state.view.phones === null) return null;
  if (state.view.phones > paired) return null; // there it is
  return h(
    "main",
    { class: "asking" },
    titleBar(t("pair"), home),
    h(
      "div",
      { class: "pair" },
      h(
        "ol",
        { class: "pair-how" },
        ["pair_wifi", "pair_scan", "pair_use"].map((key, at) =>
          h("li", {}, h("span", { class: "number" }, String(at + 1)), h("span", {}, t(key))),
        ),
      ),
      code,
    ),
  );
}
