/** What the offscreen document tells the worker. */
import { chromeApi } from "../shared/chrome-api.ts";
import type { AnswerOf, FromOffscreen, Refused } from "../shared/messages.ts";

const TRIES = 5;
const UNHEARD: Refused = { refused: { code: "unheard", message: "The browser keeps Lossy asleep." } };

/** Tell the worker; one that the browser ends while it listens is woken and told again, as long as it is still so. */
export async function tellWorker<M extends FromOffscreen>(
  message: M,
  isStillSo: () => boolean = () => true,
): Promise<AnswerOf<M> | Refused> {
  let answer: AnswerOf<M> | Refused = UNHEARD;
  for (let tries = 0; tries < TRIES && isUnheard(answer) && isStillSo(); tries += 1)
    answer = await chromeApi.send(message);
  return answer;
}

function isUnheard(answer: object | null): boolean {
  return answer !== null && "refused" in answer && (answer as Refused).refused.code === "unheard";
}
