// The screen of a unit that is not enrolled. Nobody's language is known: both are shown.

import { lend } from "./lens.js";
import { listenToScanners } from "./wedge.js";

const LIVE_PAUSE_MS = 300;
const main = document.querySelector("main");
const words = await (await fetch("/static/strings/enrol.json")).json();

function put(id, text) {
  document.getElementById(id).textContent = text ?? "";
}

function say(lang, key, values) {
  return words[lang][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

let lens = null; // what is in the way where this browser's camera is the unit's
let last = null;

function darkness({ camera, black, lends }) {
  if (lends && lens) return `lens_${lens}`;
  if (camera && !lends) return "camera";
  return black ? "black" : null;
}

function show(view) {
  last = view;
  main.dataset.phase = view.phase;
  const dark = darkness(view);
  if (view.lends) {
    lend((trouble) => {
      lens = trouble;
      show(last);
    });
  }
  for (const [id, lang] of [["zh", "zh_CN"], ["en", "en_US"]]) {
    put(`title-${id}`, say(lang, view.phase, view));
    const help = dark ?? `${view.phase}_help`;
    put(`text-${id}`, view.texts ? view.texts[lang] : say(lang, help, view));
  }
}

function listen() {
  const source = new EventSource("/api/enrolment/events");
  source.addEventListener("view", (event) => show(JSON.parse(event.data)));
  source.onerror = () => {
    source.close();
    setTimeout(again, 500);
  };
}

// The unit may have become a bay meanwhile: then another page is to be shown.
async function again() {
  try {
    const answer = await fetch("/health", { cache: "no-store" });
    const { status } = await answer.json();
    if (status !== "enrolment") {
      location.reload();
      return;
    }
    listen();
  } catch {
    setTimeout(again, 500);
  }
}

const live = document.getElementById("live");
let number = 0;
function look() {
  number += 1;
  live.src = `/api/live.jpg?n=${number}`;
}
live.addEventListener("load", () => setTimeout(look, LIVE_PAUSE_MS));
live.addEventListener("error", () => setTimeout(look, 2000));

listenToScanners((readings) => {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ readings });
  fetch("/api/scan", { method: "POST", headers, body }).catch(() => {});
});

listen();
look();
