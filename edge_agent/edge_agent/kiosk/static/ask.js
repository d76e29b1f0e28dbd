// One question at a time: why, whether, with which photos.

import { button, h, icon } from "./dom.js";
import { coming, filmButtons, isVideo, liveFilm, picture, playing, recordButton } from "./film.js";
import { pager, titleBar } from "./frame.js";
import { liveView } from "./live.js";
import { afterReason } from "./order.js";
import { act, confirm, go, home, state, t } from "./store.js";

const REASONS = 6;

export function screenReason({ job, node }) {
  const pages = Math.ceil(node.reasons.length / REASONS);
  const page = Math.min(state.screen.page ?? 0, pages - 1);
  const move = (to) => go("reason", { ...state.screen, page: to });
  return h(
    "main",
    { class: "asking" },
    titleBar(`${node.name} · ${t("why_pause")}`, home, ...pager(page, pages, move)),
    h(
      "div",
      { class: "reasons" },
      node.reasons.slice(page * REASONS, (page + 1) * REASONS).map((reason) =>
        h(
          "button",
          {
            class: "node second",
            type: "button",
            disabled: state.busy !== null || state.lost,
            onclick: () => afterReason(job, node, reason.code),
          },
          h("strong", {}, reason.name),
        ),
      ),
    ),
  );
}

export function confirmButton(job, node, ready) {
  const busy = state.busy === "confirm";
  return h(
    "button",
    {
      class: "confirm",
      type: "button",
      disabled: !ready || coming() || state.busy !== null || state.lost,
      onclick: () => confirm(job, node, state.screen.reason ?? null),
    },
    icon(busy ? "clock" : "check"),
    busy ? t("recording") : t("confirm"),
  );
}

export function screenConfirm({ job, node }) {
  return h(
    "main",
    { class: "asking" },
    titleBar(t("is_it_so"), home),
    h("div", { class: "question" }, h("strong", {}, node.name), h("span", {}, job.name)),
    confirmButton(job, node, true),
  );
}

// The picture just taken is looked at large, and taken back where it is no good.
export function screenPhoto({ job, node }) {
  const { photos } = state.view;
  const { ahead, back } = state.screen;
  const have = photos.length;
  const need = ahead ? 0 : node.photos_needed;
  const counted = need ? t("photos_of", { have, need }) : t("photos_have", { have });
  const at = coming() ? -1 : photos.findIndex((photo) => photo.sha256 === state.screen.look);
  const done = ahead
    ? button("confirm", home, icon("check"), t("photos_done"))
    : back
      ? button("confirm", back, icon("check"), t("photos_done"))
      : confirmButton(job, node, have >= need);
  return h(
    "main",
    { class: "asking" },
    titleBar(`${ahead ? job.name : node.name} · ${counted}`, back ?? home),
    h(
      "div",
      { class: "photo" },
      coming() ? liveFilm() : at < 0 ? liveView() : taken(photos[at]),
      h(
        "div",
        { class: "photo-side" },
        h(
          "div",
          { class: "thumbs" },
          photos.slice(-4).map((photo, n) => thumb(photo, have - Math.min(have, 4) + n + 1)),
        ),
        coming() ? filmButtons() : at < 0 ? takes(have >= need) : again(photos[at]),
        done,
      ),
    ),
  );
}

function look(sha256) {
  go("photo", { ...state.screen, look: sha256 });
}

function taken(photo) {
  return h(
    "figure",
    { class: "live taken" },
    isVideo(photo) ? playing(photo) : picture(photo),
    photo.kept ? null : h("figcaption", {}, t("photo_not_kept")),
  );
}

function takes(enough) {
  if (!state.view.film) return shoot(enough);
  return h("div", { class: "again" }, shoot(enough), recordButton());
}

function shoot(enough) {
  return h(
    "button",
    {
      class: `shoot ${enough ? "" : "due"}`,
      type: "button",
      disabled: state.busy !== null || state.lost,
      onclick: async () => {
        const photo = await act("photo", "/api/photo");
        if (photo && state.screen.name === "photo") look(photo.sha256);
      },
    },
    icon("camera"),
    state.busy === "photo" ? t("taking") : t("take_photo"),
  );
}

function again(photo) {
  const discard = async () => {
    const gone = await act("discard", `/api/photo/${photo.sha256}/discard`);
    if (gone && state.screen.name === "photo") look(null);
  };
  return h(
    "div",
    { class: "again" },
    button("shoot retake", discard, icon("cross"), t("retake")),
    button("shoot another", () => look(null), icon("camera"), t("another_photo")),
  );
}

function thumb(photo, number) {
  const shown = state.screen.look === photo.sha256;
  return h(
    "button",
    {
      class: `thumb ${shown ? "is-shown" : ""}`,
      type: "button",
      "aria-label": t(isVideo(photo) ? "video_number" : "photo_number", { number }),
      disabled: Boolean(coming()),
      onclick: () => look(photo.sha256),
    },
    picture(photo),
    isVideo(photo) ? icon("play") : photo.kept ? null : icon("warn"),
  );
}
