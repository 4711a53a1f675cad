// SPDX-License-Identifier: Apache-2.0
// A real Chromium without a screen, for tour.mjs: what the page says on its console is kept, and screenshots go to a folder.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const tools = createRequire(`${process.env.PAGE_TOOLS}/`);
const { chromium } = tools("playwright-core");
const axe = readFileSync(tools.resolve("axe-core/axe.min.js"), "utf8");

export function expect(good, what) {
  if (!good) throw new Error(what);
}

/** How much slower than usual the machine or the build may be. */
const patience = Number(process.env.PATIENCE ?? 1);

/** Until `look` gives something true. */
export async function until(look, what, ms = 60000) {
  const end = Date.now() + ms * patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function open(base, shots) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light", reducedMotion: "reduce" });
  const page = await context.newPage();
  const said = [];
  const outside = [];

  page.setDefaultTimeout(60000 * patience);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") said.push(message.text());
  });
  page.on("response", (answer) => {
    if (answer.status() >= 400) said.push(`${answer.status()} ${answer.request().method()} ${answer.url()}`);
  });
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) outside.push(request.url());
  });
  return {
    page,
    context,
    go: (view) => page.goto(`${base}/ui/${view}`),
    async login(name, password) {
      await page.getByLabel("Name").fill(name);
      await page.getByLabel(/Password/).fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
    },
    shot: (name) => page.screenshot({ path: `${shots}/${name}.png` }),
    /** No rule of WCAG 2.1 A or AA (or of `more`) is broken seriously. */
    async accessible(what, more = []) {
      await page.evaluate(axe);
      const found = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", ...more]);
      const bad = found.violations.filter((one) => one.impact === "serious" || one.impact === "critical");
      expect(
        bad.length === 0,
        `${what}: ${bad.map((one) => `${one.id} (${one.help}): ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 150)} ${node.failureSummary}`).join("; ")}`).join("\n")}`,
      );
    },
    async dark() {
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      await until(() => page.evaluate(() => document.documentElement.dataset.theme === "dark"), "the dark theme");
    },
    light: () => page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" }),
    /** `allowed`: what a test has caused itself, as an answer 400. */
    async close(allowed = /$^/) {
      await browser.close();
      const bad = said.filter((text) => !allowed.test(text));
      expect(bad.length === 0, `the console says\n${bad.join("\n")}`);
      expect(outside.length === 0, `asked elsewhere: ${outside.join(" ")}`);
    },
  };
}
