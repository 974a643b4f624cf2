/** The sections of server and account. The token goes to the worker at once and is kept nowhere here. */

import { chromeApi } from "../shared/chrome-api.ts";
import { askHealth } from "../shared/health.ts";
import type { Leaving, Standing } from "../shared/messages.ts";
import { readServerAddress } from "../shared/server_address.ts";
import { attempt, element, say } from "./dom.ts";
import { signIn } from "./server_api.ts";

const REACHED = {
  ok: "",
  offline: "No Lossy answers there. Start it in its folder with “make run”, then press Connect again.",
  server_older: "That server is older than this extension. Update it, then press Connect again.",
  server_newer: "That server is newer than this extension. Build the extension again with “make extension”.",
};

export function beginAccount(standing: () => Standing, changed: () => Promise<void>): void {
  const serverForm = element<HTMLFormElement>("server-form");
  serverForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = String(new FormData(serverForm).get("server") ?? "");
    void attempt("server-said", event.submitter as HTMLButtonElement, async () => {
      const server = readServerAddress(typed);
      const reached = await askHealth(server);
      if (reached !== "ok") return say("server-said", REACHED[reached], "bad");
      if (!(await leave({ to: "worker", type: "change_server", server }))) return;
      await changed();
      (serverForm.elements.namedItem("server") as HTMLInputElement).value = server;
      say("server-said", `Connected to ${server}.`, "ok");
      say("account-said", "");
    });
  });

  const accountForm = element<HTMLFormElement>("account-form");
  accountForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const submitter = event.submitter as HTMLButtonElement;
    const [data, { server }] = [new FormData(accountForm), standing()];
    void attempt("account-said", submitter, async () => {
      const how = submitter.value === "register" ? "register" : "sign-in";
      const signedIn = await signIn(server, how, String(data.get("email")), String(data.get("password")));
      const { token, email } = signedIn;
      if (!(await leave({ to: "worker", type: "signed_in", server, token, email }))) return;
      accountForm.reset();
      await changed();
      say("account-said", "You are signed in.", "ok");
    });
  });

  element<HTMLButtonElement>("sign-out").addEventListener("click", (event) => {
    void attempt("account-said", event.currentTarget as HTMLButtonElement, async () => {
      if (!(await leave({ to: "worker", type: "sign_out" }))) return;
      await changed();
      say("account-said", "You are signed out. Your notes stay on the server.");
    });
  });
}

/** Do it, unless words would be lost that the person does not give up. */
async function leave(leaving: Leaving): Promise<boolean> {
  const answer = await chromeApi.send(leaving);
  if (!answer || !("refused" in answer)) return true;
  const { code, message } = answer.refused;
  if (code !== "unsent") throw new Error(message);
  if (!confirm(`${message} If you go on, it is lost.`)) return false;
  await chromeApi.send({ ...leaving, anyway: true });
  return true;
}

export function showAccount({ server, email }: Standing): void {
  const address = element<HTMLFormElement>("server-form").elements.namedItem("server") as HTMLInputElement;
  if (document.activeElement !== address) address.value = server;
  element("signed-in").hidden = email === null;
  element("account-form").hidden = email !== null;
  element("email").textContent = email ?? "";
}
