/** What the account chose for recording; it holds in every browser and on the dashboard. */
import { chromeApi } from "../shared/chrome-api.ts";
import type { Standing } from "../shared/messages.ts";
import { attempt } from "./dom.ts";
import { changeChoices, readChoices } from "./server_api.ts";

type Choice = readonly [name: string, title: string, text: string, usual: boolean];

const REPORTS: Choice = [
  "report_health",
  "Tell my server how this browser fares",
  "Lost connections, dropped pictures and how long recognition takes: counts and times, no words.",
  false,
];
const PICTURES: Choice[] = [
  [
    "keep_frames",
    "Keep pictures of the moments I speak about",
    "One is taken of the video as you begin to speak, and kept on your server. Nobody else sees it.",
    false,
  ],
];
const CHOICES: Choice[] = [
  ["auto_pause", "Pause the video while I speak", "It goes on when the microphone is off.", true],
  ["echo_cancellation", "Echo cancellation", "Switch on if the video plays on loudspeakers.", false],
  [
    "noise_suppression",
    "Noise suppression",
    "Switch on in a loud room. It can cost the first sounds of a word.",
    false,
  ],
  ["auto_gain_control", "Automatic level", "Switch on for a quiet microphone.", false],
  [
    "auto_post",
    "Post my notes by themselves",
    "A spoken note that Lossy is sure of is posted under its video once its three seconds are over.",
    false,
  ],
  REPORTS,
];

/** Show them in the places that this page has. */
export async function showChoices({ server, email }: Standing): Promise<void> {
  const signIn = email ? await chromeApi.local.read<{ token: string }>("sign_in") : undefined;
  const token = signIn?.token;
  await showIn("choices", "microphone-said", CHOICES, server, token);
  await showIn("pictures", "pictures-said", PICTURES, server, token);
}

async function showIn(id: string, said: string, choices: Choice[], server: string, token?: string): Promise<void> {
  const place = document.getElementById(id);
  if (!token || !place) return place?.replaceChildren();
  await attempt(said, null, async () => {
    const { values } = await readChoices(server, token);
    const rows = choices.map(([name, title, text, usual]) =>
      row(said, title, text, (values[name] ?? usual) === true, async (on) => {
        await changeChoices(server, token, { [name]: on });
        await chromeApi.send({ to: "worker", type: "choices_changed" });
      }),
    );
    place.replaceChildren(...rows);
  });
}

function row(
  said: string,
  title: string,
  text: string,
  on: boolean,
  change: (on: boolean) => Promise<unknown>,
): HTMLElement {
  const [made, words, heading, line, button] = ["div", "div", "h3", "p", "button"].map((tag) =>
    document.createElement(tag),
  ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLButtonElement];
  made.className = "choice";
  words.className = "grow";
  heading.textContent = title;
  line.textContent = text;
  words.append(heading, line);
  made.append(words, button);
  button.className = "switch";
  button.setAttribute("role", "switch");
  button.setAttribute("aria-label", title);
  button.ariaChecked = String(on);
  button.addEventListener("click", () => {
    const wanted = button.ariaChecked !== "true";
    void attempt(said, button, async () => {
      await change(wanted);
      button.ariaChecked = String(wanted);
    });
  });
  return made;
}
