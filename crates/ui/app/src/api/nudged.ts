// Questions that are asked anew when the stream says that their answer may have changed. What the event holds beside
// does not matter: a service that says more, or less, or nothing at all is served the same.
import { useThrottledCallback } from "@mantine/hooks";
import { type Topic, live, useLive } from "./live";

/** Asks when something happens, however often it does: at once, then at most every so often, and once more at the end. */
export function useNudged(topics: readonly Topic[], everyMs: number, ask: () => void, about: (data: unknown) => boolean = () => true) {
  const seldom = useThrottledCallback(() => {
    // What was to follow a burst may fall into a pause.
    if (live.snapshot().state !== "paused") ask();
  }, everyMs);
  useLive(topics, (changes) => changes.some(({ data }) => about(data)) && seldom(), ask);
}
