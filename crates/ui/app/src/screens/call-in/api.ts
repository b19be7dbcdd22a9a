// What the screen of call-ins asks.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Query, get, post, put } from "@/api/client";
import type { Instant } from "@/api/types";

export interface GroupEdit {
  name: string;
  numbers: string[];
  provideCode: boolean;
  codeDigits: number;
  ttlSeconds: number;
  allocation: "shared" | "exclusive";
}

export interface Group extends GroupEdit {
  live: number;
  revision: number;
}

export type RequestState = "live" | "matched" | "expired";

export interface CallIn {
  id: string;
  group: string;
  state: RequestState;
  phoneNumber?: string;
  dnis: string;
  accessCode?: number | string;
  createdTime: Instant;
  expirationTime: Instant;
  matchedTime?: Instant;
  matchedBy?: string[] | string;
  callbackId?: string;
}

export const groupsQuery = queryOptions({
  queryKey: ["call-in", "groups"],
  queryFn: ({ signal }) => get<{ groups: Group[] }>("call-in/groups", undefined, signal),
});

export const requestsQuery = (filter: Query) =>
  infiniteQueryOptions({
    queryKey: ["call-in", "requests", filter],
    queryFn: ({ signal, pageParam }) =>
      get<{ requests: CallIn[]; next?: string }>("call-in/requests", { ...filter, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const saveGroup = (old: Group | undefined, edit: GroupEdit, seen: number) =>
  old
    ? put(`call-in/groups/${encodeURIComponent(old.name)}`, edit, { ifMatch: seen })
    : post("call-in/groups", edit);
