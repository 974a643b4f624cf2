/** A hearing worker as a document uses it: questions are promises, and a worker that dies fails them all. */
import type { FromHearing, Heard, ToHearing } from "./messages.ts";

type Question = Extract<ToHearing, { id: number }>;
type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, "id"> : never) : never;
const SCRIPT = "hearing.js";

export class Work {
  #worker = new Worker(SCRIPT, { type: "module" });
  #waiting = new Map<number, { resolve: (heard: Heard | null) => void; reject: (error: Error) => void }>();
  #asked = 0;

  /** `broken` is told of what fails outside of a question; the worker is of no use then. */
  constructor(
    private readonly heard: (probability: number, stream: number) => void = () => {},
    private readonly broken: (error: Error) => void = () => {},
  ) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromHearing>) => this.#take(data));
    this.#worker.addEventListener("error", ({ message }) => this.#break(new Error(message || "The worker died.")));
  }

  /** Ask, and wait for the answer for so long. */
  ask(question: Asked, withinMs: number): Promise<Heard | null> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#break(new Error("Recognition took too long.")), withinMs);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.#waiting.delete(id);
          then(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.tell({ ...question, id } as ToHearing);
    });
  }

  tell(message: ToHearing): void {
    this.#worker.postMessage(message);
  }

  close(): void {
    this.#worker.terminate();
    for (const { reject } of [...this.#waiting.values()]) reject(new Error("It was ended."));
  }

  #take(message: FromHearing): void {
    if (message.type === "probability") return this.heard(message.probability, message.stream);
    if (message.type === "done") return this.#waiting.get(message.id)?.resolve(message.heard);
    const waiting = message.id === null ? undefined : this.#waiting.get(message.id);
    if (waiting) waiting.reject(new Error(message.message));
    else this.#break(new Error(message.message));
  }

  #break(error: Error): void {
    this.#worker.terminate();
    for (const { reject } of [...this.#waiting.values()]) reject(error);
    this.broken(error);
  }
}
