// Questions that several screens ask. Questions of one screen live with it.
import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import type { Board } from "./schema";
import type { About, ServiceList, Slots } from "./types";

/** What services and rules decide: the first words of the questions about it. */
export const CATALOGUE = ["services", "queues", "office-hours", "slots", "capacity-rules", "number-rules", "region-rules"] as const;

export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: ({ signal }) => get<ServiceList>("services", undefined, signal),
  staleTime: 60_000,
});

export const queuesQuery = queryOptions({
  queryKey: ["queues"],
  queryFn: ({ signal }) => get<Board>("queues", undefined, signal),
  staleTime: 15_000,
});

export const slotsQuery = (service: string, from: string, days: number) =>
  queryOptions({
    queryKey: ["slots", service, from, days],
    queryFn: ({ signal }) => get<Slots>("slots", { service, from, days }, signal),
    staleTime: 10_000,
    enabled: service !== "",
  });

export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: ({ signal }) => get<About>("about", undefined, signal),
  refetchInterval: 15_000,
});
