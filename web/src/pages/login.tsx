/** Asks who it is: a name and a password, or a token. */
import { useState } from "preact/hooks";

import { get, login, loginNeeded, logout, said } from "../api";
import { Problem } from "../parts/bits";
import { info } from "../store";
import type { Info } from "../types";

export function Login() {
  const [error, setError] = useState<string>();

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);

    login(String(form.get("name")), String(form.get("password")));
    try {
      info.value = await get<Info>("/v1/info");
      loginNeeded.value = false;
    } catch (reason) {
      logout();
      setError(said(reason));
    }
  }

  return (
    <form class="login card" onSubmit={submit}>
      <h1>Log in</h1>
      <label>
        Name
        <input name="name" autoComplete="username" autoFocus />
      </label>
      <label>
        Password or token
        <input name="password" type="password" required autoComplete="current-password" />
      </label>
      <p class="hint">With a token the name stays empty. The login is kept until the tab is closed.</p>
      <Problem text={error} />
      <p class="buttons">
        <button type="submit" class="main">
          Log in
        </button>
      </p>
    </form>
  );
}
