/** What the account chose for recording; it holds in every browser and on the dashboard. */
import { chromeApi } from "../shared/chrome-api.ts";
import type { Standing } from "../shared/messages.ts";
import { attempt, element } from "./dom.ts";
import { changeChoices, readChoices } from "./server_api.ts";

const CHOICES = [
  ["auto_pause", "Pause the video while I speak", "It goes on when the microphone is off.", true],
  [
    "keep_frames",
    "Keep pictures of the moments I speak about",
    "One is taken as you begin to speak, and kept on your server. Nobody else sees it.",
    false,
  ],
  ["echo_cancellation", "Echo cancellation", "Switch on if the video plays on loudspeakers.", false],
  [
    "noise_suppression",
    "Noise suppression",
    "Switch on in a loud room. It can cost the first sounds of a word.",
    false,
  ],
  ["auto_gain_control", "Automatic level", "Switch on for a quiet microphone.", false],
] as const;

export async function showChoices({ server, email }: Standing): Promise<void> {
  const signIn = email ? await chromeApi.local.read<{ token: string }>("sign_in") : undefined;
  const token = signIn?.token;
  if (!token) return element("choices").replaceChildren();
  await attempt("microphone-said", null, async () => {
    const { values } = await readChoices(server, token);
    const rows = CHOICES.map(([name, title, text, usual]) =>
      row(title, text, (values[name] ?? usual) === true, async (on) => {
        await changeChoices(server, token, { [name]: on });
        await chromeApi.send({ to: "worker", type: "choices_changed" });
      }),
    );
    element("choices").replaceChildren(...rows);
  });
}

function row(title: string, text: string, on: boolean, change: (on: boolean) => Promise<unknown>): HTMLElement {
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
    void attempt("microphone-said", button, async () => {
      await change(wanted);
      button.ariaChecked = String(wanted);
    });
  });
  return made;
}
