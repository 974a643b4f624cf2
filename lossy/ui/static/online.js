/** Whether NiceGUI's socket is up, told at every change; a short cut is kept quiet. Gives the way to stop. */
const SHOWS_OFFLINE_AFTER_MS = 700;

export function watchOnline(listener) {
  const stop = new AbortController();
  let timer;
  const told = (online) => {
    clearTimeout(timer);
    if (online) listener(true);
    else timer = setTimeout(() => listener(false), SHOWS_OFFLINE_AFTER_MS);
  };
  const [connected, disconnected] = [() => told(true), () => told(false)];

  function begin() {
    if (stop.signal.aborted) return;
    const { socket } = globalThis;
    // The page's socket is made right after its components.
    if (!socket) return requestAnimationFrame(begin);
    socket.on("connect", connected);
    socket.on("disconnect", disconnected);
    stop.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      socket.off("connect", connected);
      socket.off("disconnect", disconnected);
    });
  }

  begin();
  return () => stop.abort();
}
