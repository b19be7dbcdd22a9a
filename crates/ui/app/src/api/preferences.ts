// Personal settings, kept by the service so that they follow the person.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, put } from "./client";
import { isRefused } from "./errors";

/** A personal document, and how to change it. Until it was read, and when it cannot be, `initial` stands. */
export function usePreference<T>(key: string, initial: T): [T, (value: T) => void] {
  const client = useQueryClient();
  const queryKey = ["preferences", key];
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      try {
        return (await get<T | null>(`preferences/${key}`, undefined, signal)) ?? null;
      } catch (error) {
        if (isRefused(error) && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
  const { mutate } = useMutation({ mutationFn: (value: T) => put(`preferences/${key}`, value) });
  const set = (value: T) => {
    client.setQueryData(queryKey, value);
    mutate(value);
  };
  return [data ?? initial, set];
}
