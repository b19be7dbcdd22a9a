// The queues' figures, kept fresh.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLiveState } from "./live";
import { useNudged } from "./nudged";
import { queuesQuery } from "./queries";

/** Each answer makes the service ask the router: however much happens, not more often than this. */
const AT_MOST_EVERY_MS = 2_000;
/** The router's own figures change without an event. */
const ANYWAY_MS = 10_000;

/** The queues as they are now; a pause holds them, too. */
export function useQueues() {
  const client = useQueryClient();
  const paused = useLiveState().state === "paused";
  useNudged(["queue"], AT_MOST_EVERY_MS, () => void client.invalidateQueries({ queryKey: queuesQuery.queryKey, exact: true }));
  return useQuery({ ...queuesQuery, refetchInterval: paused ? false : ANYWAY_MS });
}
