// What the screen of call-ins asks.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Query, get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";
import type { Narrow } from "@/api/types";

export type GroupEdit = Narrow<Required<Api.NewGroup>, { allocation: "shared" | "exclusive" }>;

export type Group = Narrow<Required<Api.KnownGroup>, Pick<GroupEdit, "allocation">>;

export type RequestState = "live" | "matched" | "expired";

export type CallIn = Narrow<Api.CallInRow, { state: RequestState }>;

export const groupsQuery = queryOptions({
  queryKey: ["call-in", "groups"],
  queryFn: ({ signal }) => get<Narrow<Api.Groups, { groups: Group[] }>>("call-in/groups", undefined, signal),
});

export const requestsQuery = (filter: Query) =>
  infiniteQueryOptions({
    queryKey: ["call-in", "requests", filter],
    queryFn: ({ signal, pageParam }) =>
      get<Narrow<Api.CallInRows, { requests: CallIn[] }>>("call-in/requests", { ...filter, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const saveGroup = (old: Group | undefined, edit: GroupEdit, seen: number) =>
  old
    ? put(`call-in/groups/${encodeURIComponent(old.name)}`, edit, { ifMatch: seen })
    : post("call-in/groups", edit);
