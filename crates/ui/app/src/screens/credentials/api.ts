// What the screen of credentials asks. Secrets go one way.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { SetCaptcha, WebhookTrial } from "@/api/schema";
import type { Instant, Narrow } from "@/api/types";

export type Kind = "push" | "captcha" | "statistics";

// What is known of a credential is described as any object; these are the fields that are shown.
interface Written {
  configured: boolean;
  updatedAt?: Instant;
  by?: string;
}

export interface Push extends Written {
  projectId?: string;
  clientEmail?: string;
  keyId?: string;
}

export type Captcha = Written & Partial<Omit<Narrow<Required<SetCaptcha>, { failMode: "open" | "closed" }>, "secret">>;

export interface Statistics extends Written {
  userName?: string;
}

export interface Credentials {
  push?: Push;
  captcha?: Captcha;
  statistics?: Statistics;
}

export const credentialsQuery = queryOptions({
  queryKey: ["credentials"],
  queryFn: ({ signal }) => get<Credentials>("credentials", undefined, signal),
});

export const write = (kind: Kind, body: object) => put(`credentials/${kind}`, body);
export const tryOut = (kind: Kind) => post<Pick<WebhookTrial, "ok" | "message">>(`credentials/${kind}/test`);
