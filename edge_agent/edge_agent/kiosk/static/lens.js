// This browser's camera as the bay's: the page only takes the pictures, the agent reads
// them. One at a time, so that a slow network thins them out and never queues them.

const LONGEST = 1280; // pixels of a frame; the agent looks for codes in no more
const QUALITY = 0.85;
const PAUSE_MS = 150;
const AGAIN_MS = 2000;
const WANTED = {
  audio: false,
  video: {
    facingMode: { ideal: "environment" },
    width: { ideal: LONGEST },
    height: { ideal: 720 },
  },
};

const page = [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, "0"))
  .join("");
const video = document.createElement("video");
video.muted = true;
video.playsInline = true;
const canvas = document.createElement("canvas");

let trouble = null;
let tell = () => {};
let begun = false;

function say(what) {
  if (what === trouble) return;
  trouble = what;
  tell(what);
}

// Hands over this browser's camera until the page is left. `changed` is told what is in
// the way: "asking", "insecure", "denied", "missing", "elsewhere", "refused", or null.
export function lend(changed) {
  if (begun) return;
  begun = true;
  tell = changed;
  if (!window.isSecureContext || !navigator.mediaDevices) {
    say("insecure");
    return;
  }
  start();
}

async function start() {
  say("asking");
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia(WANTED);
    await video.play();
  } catch (error) {
    say(error.name === "NotAllowedError" ? "denied" : "missing");
    // Who refused has to load the page anew; a camera may be plugged in.
    if (trouble === "missing") setTimeout(start, AGAIN_MS);
    return;
  }
  say(null);
  const [track] = video.srcObject.getVideoTracks();
  while (track.readyState === "live") {
    const pause = await hand();
    await new Promise((done) => setTimeout(done, pause));
  }
  start();
}

// Sends one frame; how long to wait for the next.
async function hand() {
  const frame = await picture();
  if (!frame) return PAUSE_MS;
  try {
    const headers = { "Content-Type": "image/jpeg" };
    const answer = await fetch(`/api/frame?page=${page}`, { method: "POST", headers, body: frame });
    if (answer.ok || answer.status === 429) {
      say(null);
      return PAUSE_MS;
    }
    say(answer.status === 409 ? "elsewhere" : "refused");
  } catch {
    // The agent does not answer; the page says so itself.
  }
  return AGAIN_MS;
}

function picture() {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) return null;
  const factor = Math.min(1, LONGEST / Math.max(width, height));
  canvas.width = Math.round(width * factor);
  canvas.height = Math.round(height * factor);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}
