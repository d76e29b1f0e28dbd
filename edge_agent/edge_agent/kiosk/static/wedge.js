// Hand-held scanners that stand in for a keyboard: fast keys, then Enter or Tab. People
// type slower by far. What is typed by a person is left alone.

const MEAN_MS = 40; // between two keys of a scan; 300 words a minute are at 40
const GAP_MS = 150; // a longer pause ends what was typed before it
const LEAST = 5; // characters; fewer are no code
const MOST = 4000; // the agent takes no more of one scan

const PLAIN = {
  Backquote: "`~", Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}",
  Backslash: "\\|", Semicolon: ";:", Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?",
  Space: "  ", NumpadDivide: "//", NumpadMultiply: "**", NumpadSubtract: "--",
  NumpadAdd: "++", NumpadDecimal: "..",
};
const ENDS = ["Enter", "NumpadEnter", "Tab"];
const OVER_DIGITS = ")!@#$%^&*(";

let typed = null;

// The character of a key on a US keyboard, by its place and Shift alone: neither the
// computer's layout nor an input method nor Caps Lock changes it.
function byPlace({ code, shiftKey }) {
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shiftKey ? OVER_DIGITS[code[5]] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  return PLAIN[code]?.[shiftKey ? 1 : 0] ?? "";
}

function byLayout({ key }) {
  return [...key].length === 1 ? key : "";
}

function field(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function begin(event) {
  const { target } = event;
  const place = field(target) ? { element: target, value: target.value } : null;
  return { first: event.timeStamp, last: event.timeStamp, count: 0, layout: "", us: "", place };
}

function isFast() {
  return typed.count > 1 && (typed.last - typed.first) / (typed.count - 1) <= MEAN_MS;
}

function isScan() {
  return typed.count >= LEAST && isFast();
}

// What a scan left in a field is taken back: it was meant for the bay.
function restore({ place }) {
  if (!place) return;
  place.element.value = place.value;
  place.element.dispatchEvent(new Event("input", { bubbles: true }));
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// Calls `heard` with what was scanned, by the computer's layout and by a US keyboard's.
export function listenToScanners(heard) {
  document.addEventListener("keydown", (event) => take(event, heard), { capture: true });
}

function take(event, heard) {
  const { timeStamp: now } = event;
  const command = (event.ctrlKey && !event.getModifierState("AltGraph")) || event.metaKey;
  if (event.repeat || command) return;
  if (typed && now - typed.last > GAP_MS) typed = null;
  if (event.key === "Enter" || ENDS.includes(event.code)) {
    const scan = typed && isScan() ? typed : null;
    typed = null;
    if (!scan) return;
    // Enter would press whichever button has the focus.
    swallow(event);
    restore(scan);
    heard([scan.layout, scan.us].map((text) => text.slice(0, MOST)));
    return;
  }
  const layout = byLayout(event);
  const us = byPlace(event);
  if (!layout && !us) return;
  typed ??= begin(event);
  typed.last = now;
  typed.count += 1;
  if (typed.layout.length < MOST) typed.layout += layout;
  if (typed.us.length < MOST) typed.us += us;
  // A space in the midst of a scan would press a button as well.
  if (event.code === "Space" && isFast() && !typed.place) swallow(event);
}
