// Questions that several screens ask. Questions of one screen live with it.
import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import type { About, QueueRow, ServiceList, Slots } from "./types";

export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: ({ signal }) => get<ServiceList>("services", undefined, signal),
  staleTime: 60_000,
});

export const queuesQuery = queryOptions({
  queryKey: ["queues"],
  queryFn: ({ signal }) => get<{ queues: QueueRow[] }>("queues", undefined, signal),
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
