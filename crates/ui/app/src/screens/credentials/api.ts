// What the screen of credentials asks. Secrets go one way.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { Instant } from "@/api/types";

export type Kind = "push" | "captcha" | "statistics";

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

export interface Captcha extends Written {
  provider?: string;
  siteKey?: string;
  minScore?: number;
  action?: string | null;
  failMode?: "open" | "closed";
  project?: string | null;
  hostnames?: string[];
  enforce?: boolean;
}

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
export const tryOut = (kind: Kind) => post<{ ok: boolean; message: string }>(`credentials/${kind}/test`);
