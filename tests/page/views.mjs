// SPDX-License-Identifier: Apache-2.0
// Every view as it is in light and dark, wide and narrow: pictures of all, and what each must have. Then how fast the page is there, and
// how it behaves when the server does not answer or nobody looks.
import { expect, open, until } from "./browser.mjs";

/** Path and what shows that the view has come. */
function pathsOf(jobs) {
  const at = (name) => `jobs/${jobs.find((job) => job.name.startsWith(name)).id}`;
  const five = at("per_five");
  const failed = at("a_job_with");

  return {
    jobs: ["jobs", "tbody tr"],
    graph: [five, "g.node"],
    why: [`${five}/why`, ".sentence"],
    checkpoints: [`${five}/checkpoints`, "tbody tr"],
    lag: [`${five}/lag`, "tbody tr"],
    "job-sql": [`${five}/sql`, "pre"],
    log: [`${failed}/logs`, "main pre, main .empty:not(.loading)"],
    failed: [failed, ".problem"],
    exceptions: [`${failed}/exceptions`, "tbody tr"],
    sql: ["sql", ".cm-content"],
    catalog: ["catalog/sales", "tbody tr"],
    executive: ["boards/executive", ".chart canvas"],
    oncall: ["boards/oncall", "tbody tr"],
    debug: ["boards/debug", "tbody tr"],
    alerts: ["alerts", "main .empty:not(.loading), main .hint, tbody tr"],
    late: [`${five}/late`, "main h2, main .hint"],
    lost: ["lost", "tbody tr"],
    nothing: ["nowhere", "main a"],
  };
}

const LOOKS = [
  { name: "light", width: 1440, height: 900, dark: false },
  { name: "dark", width: 1440, height: 900, dark: true },
  { name: "narrow", width: 390, height: 844, dark: false },
  { name: "narrow-dark", width: 390, height: 844, dark: true },
];

export async function views(base, shots, jobs) {
  const tab = await open(base, shots);
  const { page } = tab;
  const paths = pathsOf(jobs);
  let shifted = ["", 0];

  await page.addInitScript(() => {
    globalThis.shift = 0;
    globalThis.largest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => (globalThis.largest = list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true });
  });
  for (const look of LOOKS) {
    await page.setViewportSize(look);
    await page.emulateMedia({ colorScheme: look.dark ? "dark" : "light", reducedMotion: "reduce" });
    for (const [name, [path, there]] of Object.entries(paths)) {
      const what = `${name}, ${look.name}`;
      await tab.go(path);
      await page.locator(there).first().waitFor({ state: "attached" });
      await page.waitForTimeout(300);
      const found = await page.evaluate(() => ({
        beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        title: document.title,
        language: document.documentElement.lang,
        described: document.querySelector("meta[name=description]")?.content ?? "",
        headings: document.querySelectorAll("h1").length,
        shift: globalThis.shift,
        tallest: Math.max(0, ...[...document.querySelectorAll("tbody tr")].map((row) => row.getBoundingClientRect().height)),
      }));
      expect(found.beyond <= 0, `${what}: ${found.beyond} pixels wider than the window`);
      expect(found.tallest < 320, `${what}: a row of ${Math.round(found.tallest)} pixels: a column is squeezed`);
      expect(/Weir$/.test(found.title) && found.language === "en" && found.described !== "" && found.headings === 1, `${what}: ${JSON.stringify(found)}`);
      if (found.shift > shifted[1]) shifted = [what, found.shift];
      await page.screenshot({ path: `${shots}/view-${name}-${look.name}.png`, fullPage: true });
      if (look.name === "dark" || look.name === "narrow") await tab.accessible(what, look.name === "narrow" ? ["wcag22aa"] : []);
    }
  }
  console.log(`the layout shifts most in ${shifted[0]}: ${shifted[1].toFixed(3)}`);
  expect(shifted[1] < 0.25, "what is read moves away while a view is filled"); // what Web Vitals call poor
  await tab.close(/404 GET/);
}

/** How long until the page is there, and what that takes, with nothing in the cache: the list, a graph, the editor, charts. */
export async function speed(base, shots, jobs) {
  const paths = pathsOf(jobs);

  for (const name of ["jobs", "graph", "sql", "executive"]) {
    const [path, there] = paths[name];
    const tab = await open(base, shots);
    const { page } = tab;
    await page.addInitScript(() => new PerformanceObserver((list) => (globalThis.largest = list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true }));
    await tab.go(path);
    await page.locator(there).first().waitFor({ state: "attached" });
    const shown = await page.evaluate(() => performance.now());
    await page.waitForTimeout(200);
    const found = await page.evaluate(() => {
      const files = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/assets/"));
      return {
        load: performance.getEntriesByType("navigation")[0].loadEventEnd,
        first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
        largest: globalThis.largest ?? 0,
        files: files.length,
        kib: files.reduce((sum, entry) => sum + entry.transferSize, 0) / 1024,
      };
    });
    console.log(
      `${name.padEnd(12)} load ${Math.round(found.load)} ms, first paint ${Math.round(found.first)} ms, largest ${Math.round(found.largest)} ms, figures ${Math.round(shown)} ms; ${found.files} files, ${Math.round(found.kib)} KiB`,
    );
    await tab.close(/404 GET/);
  }
}

/** One stream for a tab, none while nobody looks; a server that does not answer is told, and so is that it does again. */
export async function stream(base, shots, jobs) {
  const tab = await open(base, shots);
  const { page } = tab;
  const streams = new Set();
  const look = (hidden) =>
    page.evaluate((now) => {
      Object.defineProperty(document, "hidden", { value: now, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);

  page.on("request", (request) => request.url().endsWith("/stream") && streams.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => streams.delete(request));
  await tab.go(`jobs/${jobs.find((job) => job.state === "RUNNING").id}`);
  await page.locator("g.node").first().waitFor();
  await page.getByRole("link", { name: "Jobs", exact: false }).first().click();
  await page.locator("tbody tr").first().waitFor();
  await until(() => streams.size === 1, "one stream");
  const points = (await page.locator(".spark polyline").first().getAttribute("points")).split(" ").length;
  expect(points > 5, `curves begin with what was before the page looked: ${points} points`);
  await look(true);
  await until(() => streams.size === 0, "no stream while nobody looks");
  await page.route("**/v1/stream", (route) => route.abort());
  await look(false);
  await page.locator(".banner").waitFor();
  expect(/does not answer/.test(await page.locator(".banner").innerText()), "it is said that the server does not answer");
  await tab.shot("no-answer");
  await page.unroute("**/v1/stream");
  await until(async () => (await page.locator(".banner").count()) === 0, "the banner goes when the server answers");
  expect(streams.size === 1, `streams: ${streams.size}`);
  await tab.close(/ERR_FAILED/);
}
