// What a supervisor should look at first: worked out from the queues and the neighbours, worst first.
import type { About, QueueRow } from "@/api/types";

export type Concern =
  | { kind: "emergency"; queue: string }
  | { kind: "noAgents"; queue: string; waiting: number }
  | { kind: "promise"; queue: string; share: number }
  | { kind: "coverage"; queue: string; measured: number; nominal: number }
  | { kind: "neighbour"; name: string };

const RANK: Record<Concern["kind"], number> = { neighbour: 0, emergency: 1, noAgents: 2, promise: 3, coverage: 4 };

/** Below this share of callbacks within five minutes of their time, a promise counts as broken. */
const PROMISE_KEPT = 0.85;
/** An interval may miss its nominal coverage by this much, given enough observations. */
const COVERAGE_SLACK = 0.05;
const ENOUGH = 100;

export function concerns(queues: readonly QueueRow[], about: About | undefined): Concern[] {
  const found: Concern[] = (about?.neighbours ?? [])
    .filter((neighbour) => neighbour.state === "down")
    .map((neighbour) => ({ kind: "neighbour", name: neighbour.name }));
  for (const row of queues) {
    const { queue, promise, coverage } = row;
    if (row.emergency) found.push({ kind: "emergency", queue });
    if (row.open && !row.emergency && row.agents?.loggedIn === 0) found.push({ kind: "noAgents", queue, waiting: row.waiting });
    if (promise && promise.count >= 10 && promise.withinFiveMinutes < PROMISE_KEPT) {
      found.push({ kind: "promise", queue, share: promise.withinFiveMinutes });
    }
    if (coverage && coverage.observations >= ENOUGH && coverage.measured < coverage.nominal - COVERAGE_SLACK) {
      found.push({ kind: "coverage", queue, measured: coverage.measured, nominal: coverage.nominal });
    }
  }
  return found.sort((a, b) => RANK[a.kind] - RANK[b.kind]);
}
