/** The page's own sockets: /audio, /video and /user, over one connection that comes back by itself. */
import { Emitter } from "./emitter.js";
import { Refused, token } from "./token.js";

const PROTOCOL = 1;
const ANSWER_WITHIN_MS = 10_000;
const REFUSED_RETRY_MS = 5_000;
const SENT_AWAY_RETRY_MS = 1_000;
const NAMESPACES = ["/audio", "/video", "/user"];

export class Connection extends Emitter {
  online = false;
  /** The server's. */
  hostname = "";
  #sockets = {};
  #received = new Emitter();

  /**
   * Connect, and tell {namespace, connected, refusal} at every change. A page of ours uses the socket.io that NiceGUI
   * ships, its own server and its own token; the extension gives its own.
   */
  open({ io = globalThis.io, server = "", readToken = token.get, client = "dashboard/0.1" } = {}) {
    if (this.#sockets["/user"]) return;
    this.hostname = new URL(server || location.href).hostname;
    for (const name of NAMESPACES) {
      const auth = (give) => give({ token: readToken() ?? "", protocol: PROTOCOL, client });
      const socket = io(server + name, { path: "/ws/socket.io", transports: ["websocket"], reconnectionDelayMax: 2000, auth });
      socket.on("connect", () => this.#changed(name, true));
      socket.on("disconnect", (reason) => this.#lost(name, socket, reason));
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

  #lost(namespace, socket, reason) {
    this.#changed(namespace, false);
    // socket.io takes this for the last word; but a server also says it when it is stopped to be started again.
    if (reason === "io server disconnect") this.#connectAgain(namespace, socket, SENT_AWAY_RETRY_MS);
  }

  #connectAgain(namespace, socket, afterMs) {
    setTimeout(() => this.#sockets[namespace] === socket && socket.connect(), afterMs);
  }

  #failed(namespace, socket, error) {
    // socket.io tries again by itself unless it was the server that said no.
    const refusal = socket.active ? null : error.message;
    if (refusal) this.#connectAgain(namespace, socket, REFUSED_RETRY_MS);
    this.tell({ namespace, connected: false, refusal });
  }

  #changed(namespace, connected) {
    this.online = NAMESPACES.every((name) => this.connected(name));
    this.tell({ namespace, connected });
  }
}
