// A technician's phone: pairs once by the code behind the address's hash, then shows the
// job and hands its photos over. Data reaches the page as text, never as HTML.

const LOOK_MS = 3000;
const words = await (await fetch("/static/strings/phone.json")).json();
const at = (id) => document.getElementById(id);
let lang = navigator.language.startsWith("zh") ? "zh_CN" : "en_US";
let busy = false;

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

function end() {
  at("shoot").hidden = true;
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
  say(t(view.needed ? "have_of" : "have", { have: view.photos, need: view.needed }));
  at("steps").replaceChildren(...view.steps.map(step));
}

function line(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function step(each) {
  const item = document.createElement("li");
  item.className = each.done ? "is-done" : "";
  const { limit_min: min, limit_max: max } = each;
  const values = { min, max, unit: each.unit ?? "" };
  const limit =
    min !== null && max !== null ? "between" : min !== null ? "least" : max !== null ? "most" : "";
  item.append(line("strong", each.name));
  if (limit) item.append(line("b", t(limit, values)));
  if (each.instruction) item.append(line("span", each.instruction));
  return item;
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
  at("shoot").classList.add("busy");
  at("shoot-text").textContent = t("sending");
  try {
    const headers = { "Content-Type": "image/jpeg" };
    const answer = await ask("/api/phone/photo", { method: "POST", headers, body: file });
    if (answer && !answer.ok) say((await answer.json()).text ?? t("not_taken"), true);
    else if (answer) show(await (await ask("/api/phone/view")).json());
  } catch {
    say(t("not_taken"), true);
  } finally {
    busy = false;
    at("camera").value = "";
    at("shoot").classList.remove("busy");
    at("shoot-text").textContent = t("take");
  }
});

await pair();
look();
