// A technician's phone: pairs once by the code behind the address's hash, then shows the
// job and hands its photos over. Data reaches the page as text, never as HTML.

const LOOK_MS = 3000;
const FILM = { sending: "film_sending", making: "film_making" };
const words = await (await fetch("/static/strings/phone.json")).json();
const pictures = new Map(); // elements, by the step's place and the hash
const at = (id) => document.getElementById(id);
let lang = navigator.language.startsWith("zh") ? "zh_CN" : "en_US";
let busy = false;
let sent = null; // per cent of a video that is on its way to the bay
let limits = null; // of a video, as the bay says
let trouble = null; // with the last photo or video, until the next one

function t(key, values = {}) {
  const table = words[lang] ?? words.en_US;
  return table[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

// The token lives as long as the tab; the code is out of the address before it is used.
async function pair() {
  const code = location.hash.slice(1);
  if (!code) return;
  history.replaceState(null, "", "/");
  sessionStorage.removeItem("token");
  const answer = await fetch("/api/phone/pair", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (answer.ok) sessionStorage.setItem("token", (await answer.json()).token);
}

async function ask(path, more = {}) {
  const token = sessionStorage.getItem("token") ?? "";
  const headers = { ...more.headers, Authorization: `Bearer ${token}` };
  const answer = await fetch(path, { ...more, headers });
  if (answer.status === 401) {
    sessionStorage.removeItem("token");
    lang = (await answer.json()).lang ?? lang;
    end();
    return null;
  }
  return answer;
}

function say(text, bad = false) {
  at("said").textContent = text;
  at("said").className = bad ? "bad" : "";
}

function fail(text) {
  trouble = text;
  say(text, true);
}

function end() {
  at("shoot").hidden = true;
  at("film").hidden = true;
  at("steps").replaceChildren();
  for (const id of ["plate", "vehicle", "order", "job"]) at(id).textContent = "";
  at("plate").textContent = "Workbay";
  say(t("ended"), true);
}

function show(view) {
  lang = view.lang;
  document.documentElement.lang = lang.replace("_", "-");
  for (const id of ["plate", "vehicle", "order", "job"]) at(id).textContent = view[id] ?? "";
  at("shoot").hidden = false;
  at("shoot-text").textContent = t(busy ? "sending" : "take");
  const { film } = view;
  const have = t(view.needed ? "have_of" : "have", { have: view.photos, need: view.needed });
  const bad = film?.refusal ?? trouble;
  const lacking = view.not_kept ? t("not_kept", { count: view.not_kept }) : "";
  say([bad ?? have, lacking].filter(Boolean).join("\n"), Boolean(bad || lacking));
  limits = film;
  showFilm();
  at("steps").replaceChildren(...view.steps.map(step));
}

// How far a video is: on its way from this phone, or being made at the bay.
function showFilm() {
  const phase = sent === null ? limits?.phase : "sending";
  at("film").hidden = !limits || phase === "recording";
  if (!limits) return;
  const percent = sent ?? limits.percent;
  at("film").classList.toggle("busy", Boolean(phase));
  at("video").disabled = Boolean(phase);
  at("film-text").textContent = t(FILM[phase] ?? "film");
  at("film-more").textContent = !phase
    ? t("film_most", { seconds: limits.seconds })
    : percent === null
      ? ""
      : `${percent} %`;
  at("film-done").hidden = !phase || percent === null;
  at("film-done").value = percent ?? 0;
}

function line(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function step(each, place) {
  const item = document.createElement("li");
  item.className = each.done ? "is-done" : "";
  const { limit_min: min, limit_max: max } = each;
  const values = { min, max, unit: each.unit ?? "" };
  const limit =
    min !== null && max !== null ? "between" : min !== null ? "least" : max !== null ? "most" : "";
  item.append(line("strong", each.name));
  if (limit) item.append(line("b", t(limit, values)));
  if (each.instruction) item.append(line("span", each.instruction));
  if (each.picture) item.append(picture(each, place));
  return item;
}

// By hand, since an image cannot say the token; once for as long as the page is open.
function picture({ picture: name, name: alt }, place) {
  const key = `${place} ${name}`;
  if (!pictures.has(key)) {
    const image = document.createElement("img");
    pictures.set(key, image);
    image.alt = alt;
    ask(`/api/phone/picture/${name}`)
      .then(async (answer) => {
        if (!answer?.ok) throw new Error(name);
        image.src = URL.createObjectURL(await answer.blob());
      })
      .catch(() => pictures.delete(key)); // asked again with the next look
  }
  return pictures.get(key);
}

async function look() {
  try {
    const answer = await ask("/api/phone/view");
    if (answer) show(await answer.json());
    else return;
  } catch {
    say(t("unreachable"), true);
  }
  setTimeout(look, LOOK_MS);
}

at("camera").addEventListener("change", async () => {
  const [file] = at("camera").files;
  if (!file || busy) return;
  busy = true;
  trouble = null;
  at("shoot").classList.add("busy");
  at("shoot-text").textContent = t("sending");
  try {
    const headers = { "Content-Type": "image/jpeg" };
    const answer = await ask("/api/phone/photo", { method: "POST", headers, body: file });
    if (answer && !answer.ok) fail((await answer.json()).text ?? t("not_taken"));
    else if (answer) show(await (await ask("/api/phone/view")).json());
  } catch {
    fail(t("not_taken"));
  } finally {
    busy = false;
    at("camera").value = "";
    at("shoot").classList.remove("busy");
    at("shoot-text").textContent = t("take");
  }
});

// Answers with the request's end; only so is it known how much of a file is sent.
function send(file) {
  return new Promise((done) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", "/api/phone/video");
    asked.setRequestHeader("Content-Type", "application/octet-stream");
    asked.setRequestHeader("Authorization", `Bearer ${sessionStorage.getItem("token") ?? ""}`);
    asked.upload.addEventListener("progress", ({ loaded, total }) => {
      sent = Math.floor((100 * loaded) / total);
      showFilm();
    });
    asked.addEventListener("loadend", () => done(asked.status));
    asked.send(file);
  });
}

at("video").addEventListener("change", async () => {
  const [file] = at("video").files;
  if (!file || sent !== null) return;
  if (file.size > limits.megabytes * 1024 * 1024) {
    fail(t("film_large", { most: limits.megabytes }));
    at("video").value = "";
    return;
  }
  trouble = null;
  sent = 0;
  showFilm();
  const status = await send(file);
  sent = null;
  at("video").value = "";
  try {
    const answer = await ask("/api/phone/view");
    if (!answer) return;
    const view = await answer.json();
    if (status !== 202 && !view.film?.refusal) trouble = t("film_lost");
    show(view);
  } catch {
    fail(t("film_lost"));
  }
});

await pair();
look();
