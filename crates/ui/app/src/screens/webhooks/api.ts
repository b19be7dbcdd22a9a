// What the screen of webhooks asks.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { Instant } from "@/api/types";

export const EVENTS = ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"] as const;

export interface WebhookEdit {
  url: string;
  description?: string;
  /** `*` is every event. */
  events: string[];
  /** Empty is every service. */
  services: string[];
  enabled: boolean;
}

export interface Webhook extends Omit<WebhookEdit, "enabled"> {
  id: string;
  state: "enabled" | "disabled" | "failing";
  reason?: string;
  createdTime: Instant;
  lastDeliveryTime?: Instant;
  lastStatus?: number;
  pending: number;
  revision: number;
}

export interface Delivery {
  id: string;
  event: string;
  callbackId?: string;
  state: "pending" | "delivered" | "failed";
  attempts: number;
  at: Instant;
  nextAt?: Instant;
  status?: number;
  ms?: number;
  error?: string;
}

export interface Tested {
  ok: boolean;
  status?: number;
  ms: number;
  message: string;
}

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) => get<{ webhooks: Webhook[] }>("webhooks", undefined, signal),
  refetchInterval: 15_000,
});

export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", id, "deliveries"],
    queryFn: ({ signal, pageParam }) =>
      get<{ deliveries: Delivery[]; next?: string }>(`webhooks/${id}/deliveries`, { cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: 10_000,
  });

export const editOf = ({ url, description, events, services, state }: Webhook): WebhookEdit => ({
  url,
  ...(description ? { description } : {}),
  events,
  services,
  enabled: state !== "disabled",
});

export const saveWebhook = (id: string | undefined, edit: WebhookEdit, seen: number) =>
  id === undefined
    ? post<Webhook & { secret?: string }>("webhooks", edit)
    : put<Webhook & { secret?: string }>(`webhooks/${id}`, edit, { ifMatch: seen });

export const test = (id: string) => post<Tested>(`webhooks/${id}/test`);
export const rotate = (id: string) => post<{ secret: string }>(`webhooks/${id}/rotate`);
export const redeliver = (id: string, delivery: string) => post(`webhooks/${id}/deliveries/${delivery}/redeliver`);
