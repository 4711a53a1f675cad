// SPDX-License-Identifier: Apache-2.0
// The page as a person uses it: tour.mjs TOUR URL SHOTS. Exits with 1 and says what was not as expected.
import { expect, open, until } from "./browser.mjs";
import { letters } from "./letters.mjs";
import { speed, stream, views } from "./views.mjs";

const [tour, base, shots] = process.argv.slice(2);
const api = async (path) => (await fetch(base + path)).json();
const jobs = async () => (await api("/v1/jobs")).jobs;
const text = (page) => page.locator("main").innerText();

/** The list: a running job, figures that change, a curve that moves, and everything asked for before it is done. */
async function list() {
  const tab = await open(base, shots);
  const { page } = tab;

  await tab.go("jobs");
  const row = page.getByRole("row", { name: /totals/ });
  await until(async () => /Running/.test(await row.innerText()), "a running job");
  const curve = () => row.locator("polyline").getAttribute("points", { timeout: 60000 });
  const first = await curve();
  await until(async () => (await curve()) !== first, "a curve that moves");
  const rows = async () => (await row.getByRole("cell").nth(2).innerText()).replaceAll(",", "");
  const before = Number(await rows());
  await until(async () => Number(await rows()) > before, "rows that grow");
  await tab.shot("jobs");
  await tab.accessible("the list");
  await tab.dark();
  await tab.shot("jobs-dark");
  await tab.accessible("the list in the dark");

  const load = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd);
  console.log(`loaded in ${Math.round(load)} ms`);

  // stopped with a savepoint, and begun again from it
  await page.getByRole("button", { name: "Stop totals" }).click();
  await page.getByRole("dialog").waitFor();
  await tab.shot("stop-dark");
  await tab.accessible("a dialog");
  await page.keyboard.press("Escape");
  await until(async () => (await page.getByRole("dialog").count()) === 0, "the dialog closes");
  expect((await jobs())[0].state === "RUNNING", "Escape stops nothing");
  await page.getByRole("button", { name: "Stop totals" }).click();
  await page.getByRole("button", { name: "Stop the job" }).click();
  await until(async () => /Suspended|Finished|Canceled/.test(await row.innerText()), "it stopped");
  await page.getByRole("button", { name: "Start totals again" }).click();
  await page.getByRole("button", { name: "Start again" }).click();
  await until(async () => /Running/.test(await row.innerText()), "it runs again");

  await page.getByRole("button", { name: "Submit a job" }).click();
  await page.getByLabel(/^SQL/).fill("SELEC 1");
  await page.getByRole("button", { name: "Submit", exact: true }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await tab.close(/400/);
}

/** One job: its graph, an operator, and why there is no output. */
async function job() {
  const tab = await open(base, shots);
  const { page } = tab;
  const [one] = await jobs();

  await tab.go(`jobs/${one.id}`);
  await page.locator("g.node").first().waitFor();
  const graph = await api(`/v1/jobs/${one.id}/graph`);
  expect((await page.locator("g.node").count()) === graph.nodes.length, "all operators are drawn");
  expect((await page.locator("path.edge").count()) === graph.edges.length, "all edges are drawn");
  await until(async () => /busy/.test(await page.locator("g.node").first().textContent()), "figures in the graph");
  const aggregate = page.locator("g.node", { hasText: "Aggregate" }).last();
  await aggregate.click();
  await page.getByRole("heading", { name: "Hot keys" }).waitFor();
  await until(async () => (await page.locator(".operator").getByRole("region", { name: "Last rows in" }).getByRole("row").count()) > 1, "rows that pass by");
  await until(async () => (await page.locator(".operator .meter").count()) > 1, "hot keys");
  const panel = await page.locator(".operator").innerText();
  for (const word of ["p50", "p95", "p99", "Subtasks", "Its SQL"]) expect(panel.includes(word), `${word} of an operator in ${panel}`);
  await tab.shot("operator");
  await tab.accessible("an operator");
  await tab.dark();
  await tab.accessible("an operator in the dark");
  await tab.shot("operator-dark");
  await tab.light();

  const wanted = (await api(`/v1/jobs/${one.id}/why`)).sentence;
  await page.getByRole("link", { name: "Why no output?" }).click();
  const sentence = await page.locator(".sentence").innerText();
  expect(wanted.slice(0, 12) === sentence.slice(0, 12) || sentence.length > 20, `the sentence is shown: ${sentence}, wanted ${wanted}`);
  expect((await page.locator("main section").first().innerText()).startsWith("Sources"), "what it is drawn from");
  await tab.shot("why");
  await tab.accessible("why");
  for (const [name, shown] of [["Checkpoints", /completed/], ["Exceptions", /Nothing went wrong|Cause/], ["Lag", /sales|numbers/], ["SQL", /CREATE TABLE/], ["Log", /\S/]]) {
    await page.getByRole("navigation", { name: /^Of / }).getByRole("link", { name, exact: true }).click();
    await until(async () => shown.test(await text(page)), `the view ${name}`);
    await tab.shot(`job-${name.toLowerCase()}`);
    await tab.accessible(name);
  }
  await tab.close();
}

/** SQL: an error at its place, completion, a result that changes, its chart, a saved query; then the catalog. */
async function sql() {
  const tab = await open(base, shots);
  const { page } = tab;
  const write = async (statement) => {
    await page.getByRole("textbox", { name: /^SQL/ }).click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(statement);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Enter");
  };

  await tab.go("sql");
  await write("SELECT 1,\n  COUNTT(2)");
  await page.getByRole("alert").waitFor();
  expect(/COUNTT.*line 2, column 3/s.test(await page.getByRole("alert").innerText()), "the error and its place");
  await page.locator(".cm-wrong").waitFor();
  await tab.shot("sql-error");

  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT COUN");
  await until(async () => /COUNT/.test(await page.locator(".cm-tooltip-autocomplete").innerText()), "completion");
  await tab.shot("sql-completion");

  await write(`CREATE TABLE numbers (i BIGINT, k AS CAST(MOD(i, 5) AS INT)) WITH ('connector' = 'datagen', 'rows-per-second' = '200',
    'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '1000000');
SELECT k, COUNT(*) AS n FROM numbers GROUP BY k;`);
  const rows = page.getByRole("region", { name: "Rows" }).locator("tbody tr");
  await until(async () => (await rows.count()) === 5, "a row for each key");
  const first = await rows.first().innerText();
  await until(async () => (await rows.first().innerText()) !== first, "rows that change in place");
  await tab.shot("sql-table");
  await tab.accessible("a result");
  await page.getByRole("button", { name: "Changes" }).click();
  await until(async () => /\+U/.test(await page.getByRole("region", { name: "Rows" }).innerText()), "changes with their kinds");
  await page.getByRole("button", { name: "Chart" }).click();
  await page.locator(".chart canvas").waitFor();
  await tab.shot("sql-chart");
  await tab.dark();
  await tab.shot("sql-dark");
  await tab.accessible("a chart in the dark");
  await tab.light();
  await page.getByRole("button", { name: "Stop" }).click();
  await until(async () => /Stopped/.test(await page.locator(".rows-state").innerText()), "it is stopped");

  await page.getByRole("button", { name: "Save this one" }).click();
  await page.getByLabel("Name").fill("five keys");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await write("SELECT 1 AS first_");
  await until(async () => (await rows.count()) === 1, "one row");
  await page.getByRole("button", { name: "five keys", exact: true }).click();
  await until(async () => /GROUP BY k/.test(await page.locator(".cm-content").innerText()), "the saved query");

  await page.getByRole("link", { name: "Catalog" }).click();
  await page.getByRole("link", { name: /^numbers/ }).click();
  await until(async () => /CREATE TABLE/.test(await text(page)) && /BIGINT/.test(await text(page)), "the declaration");
  await tab.shot("catalog");
  await tab.accessible("the catalog");
  await page.getByRole("button", { name: "Query it" }).click();
  await until(async () => /SELECT \* FROM numbers/.test(await page.locator(".cm-content").innerText()), "its query");
  await tab.close(/400/);
}

/** Where what the server remembers and what it tells meet, a second has two figures of a job: it is not twice as fast there. */
async function seam(tab) {
  const { page } = tab;
  const one = { ...(await jobs())[0], state: "RUNNING", rows_in_per_s: 2000, rows_out_per_s: 500 };
  const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

  await page.route("**/v1/stream", (route) => {
    const now = Date.now();
    const points = [...Array(20).keys()].map((i) => [now - (19 - i) * 250, 2000, 500]);
    return route.fulfill({ contentType: "text/event-stream", body: event("history", { jobs: [{ id: one.id, points }] }) + event("jobs", { jobs: [one] }) });
  });
  await tab.go("boards");
  const curve = page.getByRole("img", { name: /^Rows per second of all jobs: now/ });
  await curve.waitFor();
  const said = await curve.getAttribute("aria-label");
  expect(/now Rows in 2,000\/s, Rows out 500\/s/.test(said), `the curve at the seam: ${said}`);
  await page.unroute("**/v1/stream");
}

/** The three boards, and rows that were late. */
async function boards() {
  const tab = await open(base, shots);
  const { page } = tab;

  await seam(tab);
  await tab.go("boards");
  await until(async () => /p99/.test(await text(page)), "latencies");
  await page.locator(".chart canvas").first().waitFor();
  await tab.accessible("the executive board");
  await tab.shot("board-executive");
  await page.getByRole("link", { name: "On-call" }).click();
  await until(async () => /Checkpoints of/.test(await text(page)), "checkpoints");
  await tab.accessible("the board on call");
  await tab.shot("board-oncall");
  await page.getByRole("link", { name: "Debug" }).click();
  await until(async () => (await page.getByRole("region", { name: /slowest first/ }).getByRole("row").count()) > 3, "operators");
  await tab.dark();
  await tab.accessible("the board for debugging");
  await tab.shot("board-debug-dark");
  await tab.light();
  await page.getByRole("link", { name: "Dead letters", exact: true }).click();
  await until(async () => /per_five_seconds/.test(await text(page)), "the jobs");
  const lateRows = page.getByRole("region", { name: "Rows", exact: true }).locator("tbody tr");
  await until(async () => {
    // The first file of late rows is there some fifteen seconds after the job has begun: what is read is what is there.
    await page.getByRole("button", { name: "late_sales" }).first().click();
    await page.waitForTimeout(1000);
    return (await lateRows.count()) > 0;
  }, "late rows", 90000);
  await tab.accessible("dead letters");
  await tab.shot("lost");
  await tab.close();
}

/** All by keyboard: skip link, navigation, a job's graph, an operator, and back. */
async function keyboard() {
  const tab = await open(base, shots);
  const { page } = tab;
  const focused = () =>
    page.evaluate(() => {
      const found = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
      return found === document.body ? "" : (found.getAttribute("aria-label") ?? found.textContent);
    });
  const tabTo = async (name) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      if (name.test(await focused())) return;
    }
    throw new Error(`Tab does not come to ${name}`);
  };

  await tab.go("jobs");
  await page.getByRole("link", { name: "totals" }).waitFor();
  await page.keyboard.press("Tab");
  expect(/Skip/.test(await focused()), "the first stop skips the navigation");
  await page.keyboard.press("Enter");
  expect((await page.evaluate(() => document.activeElement.id)) === "main", "the content has the focus");
  await tabTo(/^totals$/);
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  expect(ring !== "none", "what has the focus has a ring");
  await page.keyboard.press("Enter");
  await page.locator("g.node").first().waitFor();
  await tabTo(/busy .*back pressure/);
  const first = (await focused()).split(" ")[0];
  await page.keyboard.press("ArrowRight");
  await until(async () => (await focused()).split(" ")[0] !== first, "the arrow goes on along an edge");
  await page.keyboard.press("Enter");
  await page.locator(".operator").waitFor();
  await tab.shot("keyboard");
  await page.keyboard.press("Escape");
  await until(async () => (await page.locator(".operator").count()) === 0, "Escape closes the operator");
  await page.goBack();
  await tabTo(/^SQL$/);
  await page.keyboard.press("Enter");
  await page.locator(".cm-content").waitFor();
  await tabTo(/^SQL\. /);
  await page.keyboard.type("SELECT 42 AS answer");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await until(async () => /42/.test(await page.getByRole("region", { name: "Rows" }).innerText()), "rows by keyboard");
  await tab.close();
}

/** A job of 200 operators and more: chains at first, all when asked for; searched, zoomed, dragged and sorted at a good pace. */
async function many() {
  const tab = await open(base, shots);
  const { page } = tab;
  const [one] = await jobs();
  const graph = await api(`/v1/jobs/${one.id}/graph`);
  const boxes = page.locator("g.node");

  expect(graph.nodes.length >= 200, `operators: ${graph.nodes.length}`);
  await page.addInitScript(() => {
    globalThis.long = [];
    new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true });
  });
  await tab.go(`jobs/${one.id}`);
  await boxes.first().waitFor();
  const chains = await boxes.count();
  expect(chains > 60 && chains < graph.nodes.length, `chains at first: ${chains}`);
  await tab.shot("many");
  await page.getByRole("button", { name: "Chains" }).click();
  await until(async () => (await boxes.count()) === graph.nodes.length, "all operators, in sight at first");
  const shape = await page.evaluate(() => {
    const all = [...document.querySelectorAll("g.node")].map((node) => node.getBoundingClientRect());
    return (Math.max(...all.map((box) => box.right)) - Math.min(...all.map((box) => box.left))) / (Math.max(...all.map((box) => box.bottom)) - Math.min(...all.map((box) => box.top)));
  });
  expect(shape > 0.8, `the branches stand in several columns: ${shape} times as wide as high`);
  await tab.shot("many-all");

  const box = await page.locator("svg.plan").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.down("Control");
  for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await until(async () => (await page.locator("g.node .more").count()) > 0, "texts from near");
  expect((await boxes.count()) < graph.nodes.length / 2, "what is out of sight is not drawn");
  await page.locator(".small-map").waitFor();
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 300, box.y + box.height / 2 - 200, { steps: 10 });
  await page.mouse.up();
  await tab.shot("many-near");
  await page.getByLabel("Find an operator").fill("out_42");
  await page.keyboard.press("Enter");
  await until(async () => /out_42/.test((await page.locator("g.node.found").allTextContents()).join()), "what was searched for is shown");
  await tab.shot("many-found");
  await page.getByLabel("Find an operator").fill("");

  const [ms, long] = await page.evaluate(async () => {
    const svg = document.querySelector("svg.plan");
    const before = globalThis.long.length;
    const begin = performance.now();
    for (let i = 0; i < 20; i++) {
      svg.dispatchEvent(new WheelEvent("wheel", { ctrlKey: true, deltaY: i % 2 ? 60 : -60, clientX: 500, clientY: 500, cancelable: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return [(performance.now() - begin) / 20, globalThis.long.slice(before)];
  });
  const all = await page.evaluate(() => globalThis.long);
  console.log(`${graph.nodes.length} operators: ${ms.toFixed(1)} ms for a step of zooming, ${long.length} long tasks meanwhile; ${all.length} in all, the longest ${Math.round(Math.max(0, ...all))} ms`);
  await page.getByRole("button", { name: "Fit" }).click();
  await until(async () => (await boxes.count()) === graph.nodes.length, "all again");

  const table = page.getByRole("region", { name: "Operators" });
  expect((await table.getByRole("table").getAttribute("aria-rowcount")) === String(graph.nodes.length + 1), "how many rows the table has");
  expect((await table.locator("tbody tr[data-row]").count()) < 100, "rows out of sight are not drawn");
  await table.getByRole("button", { name: "Rows in" }).click();
  await until(async () => /Scan/.test(await table.locator("tbody tr[data-row]").first().innerText()), "sorted by rows");
  await page.getByLabel("Only operators with").fill("out_4");
  await until(async () => (await table.locator("tbody tr[data-row]").count()) === 11, "the filtered operators");
  await tab.accessible("many operators");
  await page.getByRole("button", { name: "Busiest" }).click();
  await page.locator(".operator").waitFor();
  await tab.close();
}

/** A server with logins: asked for one, refused a wrong one, and a viewer cannot stop anything. */
async function login() {
  const tab = await open(base, shots);
  const { page } = tab;
  await tab.go("jobs");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await tab.accessible("the login");
  await tab.shot("login");
  await tab.login("vic", "wrong");
  await page.getByRole("alert").waitFor();
  await tab.login("vic", "p:w");
  await page.getByRole("link", { name: "totals" }).waitFor();
  expect((await page.getByRole("button", { name: /Stop|Submit/ }).count()) === 0, "a viewer sees no button that it may not use");
  await until(async () => (await page.locator(".rate polyline").count()) > 0, "figures come with the login, too");
  await tab.shot("viewer");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await tab.login("", "olga's token");
  await page.getByRole("button", { name: "Stop totals" }).waitFor();
  await tab.close(/401/);
}

/** An alert that fires, seen, silenced, acknowledged. */
async function alerts() {
  const tab = await open(base, shots);
  const { page } = tab;

  await tab.go("alerts");
  await until(async () => /WeirJobFailed/.test(await text(page)), "the alert");
  await page.getByRole("link", { name: /Alerts.*1 firing/ }).waitFor();
  await page.getByRole("button", { name: "Silence alerts" }).click();
  await page.getByLabel("Reason").fill("a test of the page");
  await page.getByRole("button", { name: "Silence", exact: true }).click();
  await until(async () => /a test of the page/.test(await text(page)), "the silence");
  await tab.accessible("alerts");
  await tab.shot("alerts");
  await page.getByRole("button", { name: /End the silence/ }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await until(async () => /Nothing is silenced/.test(await text(page)), "the end of the silence");
  await page.getByRole("button", { name: /^Acknowledge WeirJobFailed/ }).click();
  await page.getByLabel("Comment").fill("seen to");
  await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
  await until(async () => /seen to/.test(await text(page)), "the acknowledgement");
  await tab.close();
}

await { alerts, letters, list, job, sql, boards, keyboard, many, login, speed, stream, views }[tour](base, shots, ["speed", "stream", "views"].includes(tour) ? await jobs() : []);
