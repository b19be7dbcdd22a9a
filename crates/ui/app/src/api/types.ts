// The shapes of the people's API that several screens share, as its description has them. Shapes of one screen live with it.
import type * as Api from "./schema";

/** A described shape, with some fields narrower than the description says: the words of a list, mostly. */
export type Narrow<S, N extends { [K in keyof N]: K extends keyof S ? S[K] : never }> = Omit<S, keyof N> & N;

export type Instant = string;

/** All permissions. The description knows them as text only; a test compares these with the service's own. */
export const PERMISSIONS = [
  "ges.callback.view",
  "ges.callback.create",
  "ges.callback.reschedule",
  "ges.callback.cancel",
  "ges.callback.edit",
  "ges.callback.bulk",
  "ges.callback.export",
  "ges.queue.view",
  "ges.callin.view",
  "ges.callin.groups.view",
  "ges.callin.groups.edit",
  "ges.admin.capacity.view",
  "ges.admin.capacity",
  "ges.admin.numbers.view",
  "ges.admin.numbers",
  "ges.admin.regions.view",
  "ges.admin.regions",
  "ges.service.view",
  "ges.service.edit",
  "ges.service.emergency",
  "ges.dev.apikeys",
  "ges.dev.push",
  "ges.dev.captcha",
  "ges.dev.statistics",
  "ges.dev.webhooks",
  "ges.dev.tools",
  "ges.dev.refetch",
  "ges.audit",
  "ges.privacy.forget",
  "ges.privacy.export",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export type Lines = Narrow<Api.MyLines, { kind: "all" | "only" | "except" }>;
export type Me = Narrow<Api.Me, { permissions: Permission[]; lines: Lines }>;
export type SignInOptions = Narrow<Api.SignInDoor, { kind: "local" | "gauth" }>;

export type CallbackState = "SCHEDULED" | "QUEUED" | "ROUTING" | "PROCESSING" | "COMPLETED";
export type CallbackAction = "cancel" | "reschedule" | "edit" | "recreate";

/** What is narrower of a callback, in a list and by itself. */
interface CallbackWords {
  state: CallbackState;
  kind: "immediate" | "scheduled";
  actions: CallbackAction[];
}

export type CallbackRow = Narrow<Api.Row, CallbackWords>;
export type CallbackPage = Narrow<Api.Rows, { callbacks: CallbackRow[] }>;
export type CallbackEvent = Narrow<
  Api.TimelineEvent,
  { by: Narrow<Api.By, { kind: "api" | "user" | "session" | "flow" | "system" }>; from?: CallbackState; to: CallbackState }
>;
export type CallbackAttempt = Api.AttemptRow;
export type CallbackDetail = Narrow<Api.Detail, CallbackWords & { timeline: CallbackEvent[] }>;

export type Slot = Api.SlotRow;
export type Slots = Api.SlotList;

export type QueueRow = Api.BoardRow;

export type Bulk = Narrow<Api.Bulk, { action: "cancel" | "reschedule"; state: "running" | "done" | "stopped" }>;

export type ServiceRow = Narrow<Api.ServiceRow, { managedBy: "designer" | "here" }>;
export type ServiceList = Narrow<Api.ServiceList, { services: ServiceRow[] }>;

export type About = Narrow<Api.AboutUs, { neighbours: Narrow<Api.Neighbour, { state: "up" | "down" | "unknown" }>[] }>;
