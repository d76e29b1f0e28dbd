// What the buzzer says where a bay has none: the same three tones, from the screen.

const TONES = {
  scanned: [[1320, 0, 0.06]],
  recorded: [
    [880, 0, 0.12],
    [1320, 0.12, 0.22],
  ],
  refused: [
    [220, 0, 0.14],
    [220, 0.2, 0.14],
    [220, 0.4, 0.14],
  ],
};

let audio = null;

// A browser may be silent until it is touched; a bay's is told not to be.
function ready() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  return audio;
}

document.addEventListener("pointerdown", () => ready(), { once: true });

export function sound(name) {
  const context = ready();
  for (const [pitch, after, lasts] of TONES[name]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const from = context.currentTime + after;
    tone.type = "square";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, from);
    volume.gain.setTargetAtTime(0, from + lasts, 0.015);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + lasts + 0.1);
  }
}

// What somebody hears who does not look: told by what changed.
export function heard(before, view) {
  const last = (shown) => shown.recent[0];
  const worse = (row) =>
    ["held", "rejected"].includes(row.result) &&
    before.recent.some((old) => old.uuid === row.uuid && old.result !== row.result);
  if (view.recent.some(worse)) return "refused";
  if ((last(view)?.seq ?? 0) > (last(before)?.seq ?? 0)) return "recorded";
  const came = (what) => view[what] && view[what].id !== before[what]?.id;
  return came("person") || came("order") ? "scanned" : null;
}
