/** What has come of what was asked for, in a corner of every view for a while, or until it is put away; screen readers get it from the notice. */
import { told } from "../store";

export function Told() {
  if (told.value.length === 0) return null;
  return (
    <aside class="told" aria-label="Messages">
      {told.value.map((one) => (
        <p key={one.key} class={`card ${one.bad ? "bad" : ""}`}>
          <span>{one.text}</span>
          <button type="button" class="quiet" aria-label="Put the message away" onClick={() => (told.value = told.value.filter((other) => other !== one))}>
            <span aria-hidden="true">✕</span>
          </button>
        </p>
      ))}
    </aside>
  );
}
