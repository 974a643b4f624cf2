/** What a shell says by itself while there is no page of ours to show: what happened, what is safe, the next step. */

export type ViewKind = "connecting" | "offline" | "signed_out" | "server_older" | "server_newer" | "no_start";

export interface View {
  kind: ViewKind;
  server: string;
  /** What else the person must know now. */
  notice?: string | null;
  /** The microphone, where this browser may understand by itself what is said. */
  speaks?: { isLive: boolean; state: string } | null;
}

export interface ViewActions {
  retry: () => void;
  options: () => void;
  press: () => void;
}

interface Words {
  title: string;
  text: (server: string) => string;
  code?: string;
  primary: "retry" | "options";
  label: string;
  other?: string;
}

const WORDS: Record<Exclude<ViewKind, "connecting">, Words> = {
  offline: {
    title: "Lossy does not answer",
    text: (server) => `Nothing runs at ${server} right now. Your notes are safe there. Start it in its folder with:`,
    code: "make run",
    primary: "retry",
    label: "Try again",
    other: "Options",
  },
  signed_out: {
    title: "Sign in to begin",
    text: (server) => `Your notes are kept at ${server}, under your account.`,
    primary: "options",
    label: "Sign in",
  },
  server_older: {
    title: "The server is older than this extension",
    text: (server) => `Update Lossy at ${server}, start it again, and this panel comes back by itself.`,
    primary: "retry",
    label: "Try again",
    other: "Options",
  },
  server_newer: {
    title: "This extension is older than the server",
    text: () => "Build it again with the command below, then press ↻ beside Lossy at chrome://extensions.",
    code: "make extension",
    primary: "retry",
    label: "Try again",
    other: "Options",
  },
  no_start: {
    title: "The page could not start",
    text: (server) =>
      `Lossy answers at ${server}, but its page does not run in this frame. If the browser blocks all cookies or site data, allow them for this address; then try again.`,
    primary: "retry",
    label: "Try again",
    other: "Options",
  },
};

/** Fill `root` with the view; what stood there goes. */
export function showView(root: HTMLElement, { kind, server, notice, speaks }: View, actions: ViewActions): void {
  root.dataset.view = kind;
  root.setAttribute("aria-busy", String(kind === "connecting"));
  root.replaceChildren(
    kind === "connecting" ? bones() : state(WORDS[kind], server, notice ?? "", speaks ?? null, actions),
  );
}

function state(
  words: Words,
  server: string,
  notice: string,
  speaks: View["speaks"],
  actions: ViewActions,
): HTMLElement {
  const inner = make("div", "inner");
  inner.append(make("h1", "", words.title), make("p", "", words.text(server)));
  if (notice) inner.append(make("p", "notice", notice));
  if (speaks) {
    const row = make("div", "acts speaks");
    row.append(button(speaks.isLive ? "Stop the microphone" : "Speak anyway", "btn", actions.press));
    row.append(make("span", "status", speaks.state));
    inner.append(row);
  }
  if (words.code) inner.append(make("code", "command", words.code));
  const acts = make("div", "acts");
  acts.append(button(words.label, "btn primary", actions[words.primary]));
  if (words.other) acts.append(button(words.other, "btn plain", actions.options));
  inner.append(acts);
  const page = make("div", "state-page");
  page.append(inner);
  return page;
}

function bones(): HTMLElement {
  const box = make("div", "bones");
  box.append(...["head", "talk", "note", "note", "note"].map((name) => make("div", `bone ${name}`)));
  return box;
}

function button(label: string, classes: string, onClick: () => void): HTMLElement {
  const made = make("button", classes, label) as HTMLButtonElement;
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

function make(tag: string, classes = "", text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = text;
  return made;
}
