// Personal settings, kept by the service so that they follow the person.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/parts/errors";
import { failed } from "@/parts/notify";
import { get, put } from "./client";
import { isRefused } from "./errors";

/** The service keeps objects: whatever is kept stands in one. */
interface Kept<T> {
  value: T;
}

/** A personal setting, and how to change it. Until it was read, and when it cannot be, `initial` stands. */
export function usePreference<T>(key: string, initial: T): [T, (value: T) => void] {
  const { t } = useTranslation("parts");
  const errorText = useErrorText();
  const client = useQueryClient();
  const queryKey = ["preferences", key];
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      try {
        return (await get<Kept<T> | null>(`preferences/${key}`, undefined, signal)) ?? null;
      } catch (error) {
        if (isRefused(error) && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
  const { mutate } = useMutation({
    mutationFn: (kept: Kept<T>) => put(`preferences/${key}`, kept),
    onError: (error) => failed(t("preference.failed"), errorText(error)),
  });
  const set = (value: T) => {
    client.setQueryData(queryKey, { value });
    mutate({ value });
  };
  return [data?.value ?? initial, set];
}
