// SPDX-License-Identifier: Apache-2.0
// Dead letters and late rows of jobs: `orders` has 64 letters (60 of another type, 3 broken off, one that is no text), `clicks` runs and
// has a late row. Messages about what has ended go after a while, so that nothing relies on their being there for long.
import { expect, open, until } from "./browser.mjs";

/** What is asked for is answered with an operation that has yet to end. */
const slowly = (page) => page.route(/wait_ms=/, (route) => route.continue({ url: route.request().url().replace(/wait_ms=\d+/, "wait_ms=0") }));

/** A job's view, by its tab. */
async function look(page, job, tab) {
  await page.getByRole("link", { name: "Jobs", exact: false }).first().click();
  await page.getByRole("link", { name: job, exact: true }).click();
  await page.getByRole("navigation", { name: `Of ${job}` }).getByRole("link", { name: tab, exact: true }).click();
}

export async function letters(base, shots) {
  const tab = await open(base, shots);
  const { page } = tab;
  const table = page.getByRole("region", { name: "Dead letters", exact: true });
  const lines = table.locator("tbody tr");
  const result = page.getByRole("region", { name: "Replay", exact: true });
  const comes = (words) => until(async () => words.test((await result.allInnerTexts()).join(" ")), `a result like ${words}`);
  const button = (name) => page.getByRole("button", { name, exact: true });
  const confirm = () => page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();

  // a viewer sees them, page by page, and changes nothing
  await slowly(page);
  await tab.go("jobs");
  await tab.login("vic", "p:w");
  await look(page, "orders", "Dead letters");
  await until(async () => (await lines.count()) === 50, "a page of letters");
  expect(/64 in letters/.test(await page.locator("main").innerText()), "how many there are");
  await button("Older").click();
  await until(async () => (await lines.count()) === 14, "the older ones");
  await button("Newer").click();
  await until(async () => (await lines.count()) === 50, "the newer ones");
  expect((await page.getByRole("button", { name: /^(Try|Replay|Mend|Pick)/ }).count()) + (await page.getByRole("checkbox").count()) === 0, "a viewer sees no button that it may not use");
  await page.getByRole("button", { name: "Log out" }).click();

  // an operator tries some
  await tab.login("", "olga's token");
  await until(async () => (await table.getByRole("checkbox").count()) === 51, "letters to be picked");
  await tab.accessible("dead letters of a job");
  await tab.shot("letters");
  await page.getByLabel("Of table").fill("orders");
  await page.getByLabel("In the error's text").fill("EUR");
  await page.keyboard.press("Enter");
  await button("Try all 60").click();
  await comes(/Tried 60 letters.*60 rows cannot/s);
  await button("All of them").click();
  await page.getByLabel("Kind of error").fill("syntax");
  await button("Filter").click();
  await until(async () => (await table.getByText(/line (40|80|120|121)$/).count()) >= 3 && (await lines.count()) <= 4, "only what is broken");
  for (const line of [40, 80]) await table.getByRole("checkbox", { name: new RegExp(`line ${line}$`) }).check();
  await button("Try the 2 picked").click();
  await comes(/Tried 2 letters.*2 rows cannot/s);
  expect(/syntax/.test(await result.innerText()), "why they cannot be read");

  await button("Replay the 2 picked …").click();
  await page.getByLabel(/^Instead/).fill("nowhere");
  await confirm();
  await until(async () => /nowhere/.test((await result.getByRole("alert").allInnerTexts()).join()), "what an operation failed of");

  // mends one, by keyboard
  const mend = table.getByRole("button", { name: /^Mend .*line 40$/ });
  await mend.focus();
  await page.keyboard.press("Enter");
  const field = page.getByLabel("Its text");
  await until(() => field.evaluate((node) => node === document.activeElement), "the focus in the letter's text");
  expect((await field.inputValue()) === '{"id": 40, "amount": ', `the letter's text: ${await field.inputValue()}`);
  await page.keyboard.press("Control+End");
  await page.keyboard.type("40}");
  await button("Try it").click();
  await comes(/Tried 1 letter: 1 row can be read now\./);
  await tab.accessible("a letter that is mended");
  await button("Replay it …").click();
  await page.getByRole("dialog").waitFor();
  await tab.accessible("a replay that is asked for");
  await tab.shot("letters-ask");
  await page.keyboard.press("Escape");
  await until(async () => (await page.getByRole("dialog").count()) === 0, "the dialog closes");
  await button("Replay it …").click();
  await confirm();
  await comes(/Replayed 1 letter: none failed again/);
  await until(async () => /Replayed/.test(await lines.filter({ has: page.getByRole("button", { name: /line 40$/ }) }).innerText()), "its mark");
  await tab.dark();
  await tab.accessible("a letter that was replayed, in the dark");
  await tab.shot("letters-mended-dark");
  await tab.light();
  await button("Back").click();
  await until(() => mend.evaluate((node) => node === document.activeElement), "the focus where it was");

  // replays those that were picked: none twice, the other fails again
  await button("Replay the 2 picked …").click();
  await confirm();
  await comes(/Replayed 1 letter: 1 row failed again\. 1 letter left out, replayed before/);
  await page.setViewportSize({ width: 390, height: 844 });
  expect((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, "not wider than a telephone");
  await tab.accessible("dead letters on a telephone");
  await tab.shot("letters-narrow");
  await page.setViewportSize({ width: 1440, height: 900 });

  await late(tab);
  await tab.close(/401/);
}

/** A row that was late, and when the job has been stopped, which takes its time, the row in its table. */
async function late(tab) {
  const { page } = tab;
  const messages = page.getByRole("complementary", { name: "Messages" });

  await look(page, "clicks", "Late rows");
  await until(async () => {
    await page.getByRole("button", { name: "Look again" }).click();
    return /slow/.test((await page.getByRole("region", { name: "Last late rows" }).allInnerTexts()).join());
  }, "the late row");
  await tab.accessible("late rows");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("radio", { name: /^Drain/ }).check();
  await page.getByRole("button", { name: "Stop the job" }).click();
  await messages.getByText("clicks was stopped").waitFor();
  expect((await page.getByRole("dialog").count()) === 0, "the dialog closes at the end");
  await until(async () => {
    await page.getByRole("button", { name: "Look again" }).click();
    return /slow/.test((await page.getByRole("region", { name: "Rows of late" }).allInnerTexts()).join());
  }, "the late row in its table");
  await tab.shot("late");
}
