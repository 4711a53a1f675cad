/** Light or dark: as the system has it, until somebody chooses. */
import { signal } from "@preact/signals";

const KEPT = "weir.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const wanted = () => localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");

export const theme = signal(wanted());

function show() {
  theme.value = wanted();
  document.documentElement.dataset.theme = theme.value;
}

system.addEventListener("change", show);
show();

export function turn() {
  const other = theme.value === "dark" ? "light" : "dark";

  if (other === (system.matches ? "dark" : "light")) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, other);
  show();
}
