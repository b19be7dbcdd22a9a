// The queues' figures, kept fresh by the stream.
import { useQueryClient } from "@tanstack/react-query";
import { useLive } from "./live";
import { queuesQuery } from "./queries";
import type { QueueRow } from "./types";

export function useQueuesLive() {
  const client = useQueryClient();
  useLive(
    ["queue"],
    (changes) => {
      const news = new Map(changes.map(({ data }) => [(data as QueueRow).queue, data as QueueRow]));
      client.setQueryData(queuesQuery.queryKey, (before) => {
        if (!before) return before;
        const known = new Set(before.queues.map((row) => row.queue));
        const added = [...news.values()].filter((row) => !known.has(row.queue));
        return { queues: [...before.queues.map((row) => news.get(row.queue) ?? row), ...added] };
      });
    },
    () => void client.invalidateQueries({ queryKey: queuesQuery.queryKey }),
  );
}
