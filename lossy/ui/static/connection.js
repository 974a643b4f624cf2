/** The page's own sockets: /audio, /video and /user, over one connection that comes back by itself. */
import { Emitter } from "./emitter.js";
import { Refused, token } from "./token.js";

const PROTOCOL = 1;
const ANSWER_WITHIN_MS = 10_000;
const REFUSED_RETRY_MS = 5_000;
const NAMESPACES = ["/audio", "/video", "/user"];

export class Connection extends Emitter {
  online = false;
  #sockets = {};
  #received = new Emitter();

  /** Connect, and tell {namespace, connected, refusal} at every change; `io` is socket.io's client, shipped with NiceGUI. */
  open(io = globalThis.io) {
    if (this.#sockets["/user"]) return;
    for (const name of NAMESPACES) {
      const auth = (give) => give({ token: token.get() ?? "", protocol: PROTOCOL, client: "dashboard/0.1" });
      const socket = io(name, { path: "/ws/socket.io", transports: ["websocket"], reconnectionDelayMax: 2000, auth });
      socket.on("connect", () => this.#changed(name, true));
      socket.on("disconnect", () => this.#changed(name, false));
      socket.on("connect_error", (error) => this.#failed(name, socket, error));
      socket.onAny((event, body) => this.#received.tell({ namespace: name, event, body }));
      this.#sockets[name] = socket;
    }
  }

  /** Listen to what the server sends by itself. */
  receive(listener) {
    return this.#received.on(listener);
  }

  connected(namespace) {
    return this.#sockets[namespace]?.connected ?? false;
  }

  /** Send and wait for the answer; throws `Refused`. Never kept for later by itself: the caller decides what to resend. */
  async request(namespace, event, ...parts) {
    const socket = this.#sockets[namespace];
    if (!socket?.connected) throw new Refused("offline", "There is no connection to Lossy right now.");
    const answer = await socket
      .timeout(ANSWER_WITHIN_MS)
      .emitWithAck(event, ...parts)
      .catch(() => null);
    if (answer === null) throw new Refused("offline", "Lossy did not answer in time.");
    if (answer.error) throw new Refused(answer.error.code, answer.error.message);
    return answer;
  }

  close() {
    for (const socket of Object.values(this.#sockets)) socket.disconnect();
    this.#sockets = {};
  }

  #failed(namespace, socket, error) {
    // socket.io tries again by itself unless it was the server that said no.
    const refusal = socket.active ? null : error.message;
    if (refusal) setTimeout(() => this.#sockets[namespace] === socket && socket.connect(), REFUSED_RETRY_MS);
    this.tell({ namespace, connected: false, refusal });
  }

  #changed(namespace, connected) {
    this.online = NAMESPACES.every((name) => this.connected(name));
    this.tell({ namespace, connected });
  }
}
