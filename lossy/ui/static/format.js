/** Words and figures that several components show alike. */

export const CATEGORIES = ["pacing", "audio", "color", "graphics", "content", "other"];

export const STATUS_WORDS = {
  ghost: "Keeping",
  firmed: "Kept",
  pending_post: "Waiting to post",
  posting: "Posting",
  posted: "Posted",
  failed: "Could not post",
  needs_login: "Sign-in needed",
  unknown: "Outcome unknown",
  cancelled: "Scratched",
  archived: "Merged away",
};

/** What somebody seems to talk about while they speak. */
export const TOPICS = {
  pacing: { emoji: "🐌", name: "Pacing" },
  audio: { emoji: "🔊", name: "Audio" },
  color: { emoji: "🎨", name: "Color" },
  graphics: { emoji: "🔤", name: "Graphics" },
  content: { emoji: "🎬", name: "Content" },
  cut: { emoji: "✂️", name: "Cut" },
};

/** Where a posting stands, while it goes on. */
export const POSTING_WORDS = {
  queued: "Queued",
  opening: "Opening",
  logged_in: "Logged in",
  posting: "Posting",
  reading_back: "Reading back",
};

/** What a reviewer asks of a list of notes, and the statuses that answer it. */
export const STATUS_GROUPS = [
  { name: "open", label: "Open", statuses: ["ghost", "firmed", "pending_post", "posting"] },
  { name: "posted", label: "Posted", statuses: ["posted"] },
  { name: "stuck", label: "Needs you", statuses: ["failed", "needs_login", "unknown"] },
];

/** 83.46 → "01:23.4"; from an hour on "1:01:23.4". Cut, not rounded: a time code never shows what is still to come. */
export function timeCode(seconds) {
  const tenths = Math.floor(Math.max(0, seconds || 0) * 10 + 1e-6);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const tail = `${String(minutes).padStart(2, "0")}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  return hours ? `${hours}:${tail}` : tail;
}

/** The same time for a screen reader: "1 minute 23 seconds". */
export function spokenTime(seconds) {
  const whole = Math.floor(Math.max(0, seconds || 0));
  const minutes = Math.floor(whole / 60);
  const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  return minutes ? `${count(minutes, "minute")} ${count(whole % 60, "second")}` : count(whole, "second");
}

export function confidenceWords(confidence) {
  if (confidence >= 0.75) return "sure";
  return confidence >= 0.5 ? "fairly sure" : "unsure, please check";
}
