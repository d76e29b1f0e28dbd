// The live view: one element for all screens, so that it does not flicker.

import { h, icon } from "./dom.js";
import { state, t } from "./store.js";

const LIVE_PAUSE_MS = 250;
const LENS = {
  asking: "lens_asking",
  insecure: "lens_insecure",
  denied: "lens_denied",
  missing: "lens_missing",
  elsewhere: "lens_elsewhere",
  refused: "lens_refused",
};

const live = h("img", { class: "live-picture", alt: "" });
let number = 0;
let timer = 0;

function lookAgain(pause) {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}

export function look() {
  if (!live.isConnected || document.hidden) {
    lookAgain(1000);
    return;
  }
  number += 1;
  live.src = `/api/live.jpg?n=${number}`;
}

live.addEventListener("load", () => {
  live.classList.add("on");
  lookAgain(LIVE_PAUSE_MS);
});
live.addEventListener("error", () => {
  live.classList.remove("on");
  lookAgain(2000);
});

// Why the camera sees nothing; null while it does.
function darkness() {
  const { camera, black, lends } = state.view;
  if (lends && state.lens) return t(LENS[state.lens]);
  if (camera && !lends) return t("camera_dark");
  return black ? t("camera_black") : null;
}

export function liveView() {
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
