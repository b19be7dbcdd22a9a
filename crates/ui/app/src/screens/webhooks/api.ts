// What the screen of webhooks asks.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";
import type { Narrow } from "@/api/types";

export const EVENTS = ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"] as const;

export type WebhookEdit = Required<Api.WebhookWanted>;

export type Webhook = Narrow<Api.Webhook, { state: "enabled" | "disabled" | "failing" }>;

export type Delivery = Narrow<Api.Delivery, { state: "pending" | "delivered" | "failed" }>;

export type Tested = Api.WebhookTrial;

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) => get<Narrow<Api.WebhookList, { webhooks: Webhook[] }>>("webhooks", undefined, signal),
  refetchInterval: 15_000,
});

export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", id, "deliveries"],
    queryFn: ({ signal, pageParam }) =>
      get<Narrow<Api.DeliveryPage, { deliveries: Delivery[] }>>(`webhooks/${id}/deliveries`, { cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: 10_000,
  });

export const editOf = ({ url, description = "", events, services, state }: Webhook): WebhookEdit => ({
  url,
  description,
  events,
  services,
  enabled: state !== "disabled",
});

export const saveWebhook = (id: string | undefined, { description, ...edit }: WebhookEdit, seen: number) => {
  const wanted: Api.WebhookWanted = { ...edit, ...(description.trim() ? { description: description.trim() } : {}) };
  return id === undefined ? post<Webhook>("webhooks", wanted) : put<Webhook>(`webhooks/${id}`, wanted, { ifMatch: seen });
};

export const test = (id: string) => post<Tested>(`webhooks/${id}/test`);
export const rotate = (id: string) => post<Api.WebhookSecret>(`webhooks/${id}/rotate`);
export const redeliver = (id: string, delivery: string) => post(`webhooks/${id}/deliveries/${delivery}/redeliver`);
