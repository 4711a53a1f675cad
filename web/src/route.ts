/** The page's own views, by path: /ui/jobs, /ui/jobs/ID, /ui/sql ... */
import { signal } from "@preact/signals";

const here = () => location.pathname.replace(/^\/(ui\/?)?/, "").replace(/\/$/, "") || "jobs";

/** "jobs/1a2b/why". */
export const path = signal(here());

addEventListener("popstate", () => (path.value = here()));

export function go(to: string) {
  if (to === path.value) return;
  history.pushState(null, "", `/ui/${to}`);
  path.value = here();
  scrollTo(0, 0);
}

/** For links: opens the view here, and leaves new tabs and windows to the browser. */
export function onLink(event: MouseEvent) {
  const link = (event.target as Element).closest?.("a");

  if (link === null || link === undefined || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target !== "") return;
  if (link.origin !== location.origin || !link.pathname.startsWith("/ui/")) return;
  event.preventDefault();
  go(link.pathname.slice(4));
}
