/**
 * NiceGUI reloads a page when its server was restarted, and a reload forgets what was said and not yet sent. So while
 * words are unsent, NiceGUI's socket waits; ours comes back alone, sends them, and only then the page may reload.
 */
const guarded = new WeakSet();

export function guardReload(socket, recorder) {
  if (!socket || guarded.has(socket)) return;
  guarded.add(socket);
  socket.on("disconnect", () => {
    if (recorder.isSent) return;
    socket.io.reconnection(false);
    const stop = recorder.on(() => {
      if (!recorder.isSent) return;
      stop();
      socket.io.reconnection(true);
      socket.connect();
    });
  });
  addEventListener("pagehide", () => recorder.leave());
}
