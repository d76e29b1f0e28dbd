// Videos of the bay's own camera, and how far one is that a phone brings.

import { button, h, icon } from "./dom.js";
import { liveView } from "./live.js";
import { act, go, state, t } from "./store.js";

const VIDEO = "video/mp4";

// One element for all drawings, so that it plays on.
const screen = h("video", { class: "film", autoplay: true, loop: true, playsinline: true });
screen.muted = true;

export function isVideo(photo) {
  return photo.type === VIDEO;
}

// What is on its way: "recording", "sending", "making"; null where nothing is.
export function coming() {
  return state.view.film?.phase ?? null;
}

export function picture(photo) {
  const path = isVideo(photo) ? "cover" : "photo";
  return h("img", { src: `/api/${path}/${photo.sha256}`, alt: "" });
}

export function playing(video) {
  const source = `/api/video/${video.sha256}`;
  if (screen.getAttribute("src") !== source) screen.setAttribute("src", source);
  setTimeout(() => screen.play().catch(() => {}));
  return screen;
}

// Seconds that the recording may still last.
function left() {
  const { film_left: then } = state.view;
  return Math.max(0, Math.ceil((then ?? 0) - (performance.now() - state.received) / 1000));
}

export function clockText() {
  return `0:${String(left()).padStart(2, "0")}`.replace("0:60", "1:00");
}

// A video that has just come is looked at, where photos are taken.
export function filmed(before, view) {
  if (state.screen.name !== "photo") return;
  const known = new Set(before.photos.map((photo) => photo.sha256));
  const [came] = view.photos.filter((photo) => isVideo(photo) && !known.has(photo.sha256));
  if (came) state.screen = { ...state.screen, look: came.sha256 };
}

export function recordButton() {
  return h(
    "button",
    {
      class: "shoot record",
      type: "button",
      disabled: state.busy !== null || state.lost,
      onclick: () => act("video", "/api/video"),
    },
    icon("film"),
    t("record_video"),
  );
}

export function liveFilm() {
  const phase = coming();
  const { percent } = state.view.film;
  if (phase === "recording") {
    const view = liveView();
    view.classList.add("filming");
    view.append(
      h("div", { class: "film-left" }, icon("record"), h("strong", { class: "film-clock" }, clockText())),
    );
    return view;
  }
  return h(
    "figure",
    { class: "live" },
    h(
      "div",
      { class: "live-dark" },
      icon("film"),
      h("p", {}, t(phase === "sending" ? "film_sending" : "film_making")),
      percent === null ? null : h("strong", { class: "film-percent" }, `${percent} %`),
    ),
  );
}

export function filmButtons() {
  const off = state.busy !== null || state.lost;
  const giveUp = () => act("video", "/api/video/cancel");
  const stop = async () => {
    const kept = await act("video", "/api/video/stop");
    if (kept && state.screen.name === "photo") go("photo", { ...state.screen, look: kept.sha256 });
  };
  return [
    coming() === "recording"
      ? h("button", { class: "shoot due", type: "button", disabled: off, onclick: stop }, icon("stop"), t("stop_video"))
      : null,
    h("button", { class: "shoot give-up", type: "button", disabled: off, onclick: giveUp }, icon("cross"), t("give_up")),
  ];
}
