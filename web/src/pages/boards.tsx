/** Three boards over all jobs: how it goes (executive), what to look at now (on-call), and where time goes (debug). */
import { Loading, Tabs } from "../parts/bits";
import { jobs } from "../store";
import { Debug } from "./board_debug";
import { Executive } from "./board_executive";
import { OnCall } from "./board_oncall";

const BOARDS = [
  { key: "executive", name: "Executive" },
  { key: "oncall", name: "On-call" },
  { key: "debug", name: "Debug" },
];

export function Boards({ board }: { board: string }) {
  return (
    <>
      <div class="heading">
        <h1>{BOARDS.find((one) => one.key === board)?.name ?? "Board"}</h1>
      </div>
      <Tabs label="Boards" at={board} tabs={BOARDS.map((one) => ({ ...one, href: `/ui/boards/${one.key}` }))} />
      {jobs.value === undefined && <Loading />}
      {jobs.value !== undefined && board === "executive" && <Executive />}
      {jobs.value !== undefined && board === "oncall" && <OnCall />}
      {jobs.value !== undefined && board === "debug" && <Debug />}
    </>
  );
}
