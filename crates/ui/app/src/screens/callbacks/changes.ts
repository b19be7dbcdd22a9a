// What can be done to one callback. Each answer is told to the lists that show it.
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { patch, post } from "@/api/client";
import { live } from "@/api/live";
import type * as Api from "@/api/schema";
import type { CallbackDetail, CallbackRow } from "@/api/types";
import { callbackKey } from "./list";

/** The stream will tell, too; but who has pressed a button should not wait for it. */
function told(client: QueryClient, row: CallbackRow) {
  live.tell("callback", row);
  client.setQueryData<CallbackDetail>(callbackKey(row.id), (before) => before && { ...before, ...row });
  void client.invalidateQueries({ queryKey: callbackKey(row.id) });
  void client.invalidateQueries({ queryKey: ["callbacks", "count"] });
  void client.invalidateQueries({ queryKey: ["callbacks", "next"] });
  void client.invalidateQueries({ queryKey: ["slots"] });
}

function useChange<T>(change: (input: T) => Promise<CallbackRow>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: (row) => told(client, row) });
}

export const useCancel = () =>
  useChange(({ row, note }: { row: CallbackRow; note?: string }) =>
    post<CallbackRow>(`callbacks/${row.id}/cancel`, { ...(note ? { note } : {}), revision: row.revision }),
  );

export const useReschedule = () =>
  useChange(({ row, desiredTime }: { row: CallbackRow; desiredTime: string }) =>
    post<CallbackRow>(`callbacks/${row.id}/reschedule`, { desiredTime, revision: row.revision }),
  );

export const useRecreate = () =>
  useChange(({ row, desiredTime }: { row: CallbackRow; desiredTime?: string | undefined }) =>
    post<CallbackRow>(`callbacks/${row.id}/recreate`, desiredTime ? { desiredTime } : {}),
  );

export type Correction = Required<Api.Correction>;

export const useEdit = () =>
  useChange(({ id, revision, correction }: { id: string; revision: number; correction: Correction }) =>
    patch<CallbackRow>(`callbacks/${id}`, correction, { ifMatch: revision }),
  );


export const useCreate = () =>
  useChange(({ booking, key }: { booking: Api.BookedByHand; key: string }) =>
    post<CallbackRow>("callbacks", booking, { idempotencyKey: key }),
  );
