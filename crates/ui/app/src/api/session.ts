// Who is signed in. The answer decides what is shown; the service decides what is allowed.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, rememberCsrf } from "./client";
import type { Farewell, SignInForm } from "./schema";
import type { Me, Permission, SignInOptions } from "./types";

export const ME = ["me"] as const;

export const meQuery = queryOptions({
  queryKey: ME,
  queryFn: async ({ signal }) => {
    const me = await get<Me>("me", undefined, signal);
    rememberCsrf(me.csrf);
    return me;
  },
  staleTime: Infinity,
  retry: false,
});

export const signInQuery = queryOptions({
  queryKey: ["sign-in"],
  queryFn: ({ signal }) => get<SignInOptions>("sign-in", undefined, signal),
  staleTime: 60_000,
});

/** The signed-in person. Only inside the shell, where there is one. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error("nobody is signed in here");
  return data;
}

/** Whether the person may; `undefined` asks for nothing. */
export function useMay(): (permission: Permission | readonly Permission[] | undefined) => boolean {
  const { data } = useQuery(meQuery);
  return (permission) => {
    if (permission === undefined) return true;
    const wanted = typeof permission === "string" ? [permission] : permission;
    return wanted.some((one) => data?.permissions.includes(one) ?? false);
  };
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (credentials: SignInForm) => post<Me>("sign-in", credentials),
    onSuccess: (me) => {
      rememberCsrf(me.csrf);
      client.setQueryData(ME, me);
    },
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => post<Farewell>("sign-out"),
    onSuccess: ({ farewell }) => {
      rememberCsrf(undefined);
      // A fresh page forgets everything that this person saw.
      window.location.assign(farewell ?? "/ges/");
    },
  });
}
