// The shapes of the people's API that several screens share. Shapes of one screen live with it.

export type Instant = string;

export type Permission =
  | "ges.callback.view"
  | "ges.callback.create"
  | "ges.callback.reschedule"
  | "ges.callback.cancel"
  | "ges.callback.edit"
  | "ges.callback.bulk"
  | "ges.callback.export"
  | "ges.queue.view"
  | "ges.callin.view"
  | "ges.callin.groups.view"
  | "ges.callin.groups.edit"
  | "ges.admin.capacity.view"
  | "ges.admin.capacity"
  | "ges.admin.numbers.view"
  | "ges.admin.numbers"
  | "ges.admin.regions.view"
  | "ges.admin.regions"
  | "ges.service.view"
  | "ges.service.edit"
  | "ges.service.emergency"
  | "ges.dev.apikeys"
  | "ges.dev.push"
  | "ges.dev.captcha"
  | "ges.dev.statistics"
  | "ges.dev.webhooks"
  | "ges.dev.tools"
  | "ges.dev.refetch"
  | "ges.audit"
  | "ges.privacy.forget"
  | "ges.privacy.export";

export type Lines = { kind: "all" } | { kind: "only" | "except"; queues: string[] };

export interface Me {
  userName: string;
  displayName: string;
  tenant: { id: string; name: string };
  roles: string[];
  permissions: Permission[];
  lines: Lines;
  csrf: string;
  idleSeconds: number;
  endsAt: Instant;
}

export interface SignInOptions {
  kind: "local" | "gauth";
  tenants?: { id: string; name: string }[];
}

export type CallbackState = "SCHEDULED" | "QUEUED" | "ROUTING" | "PROCESSING" | "COMPLETED";
export type CallbackAction = "cancel" | "reschedule" | "edit" | "recreate";

export interface CallbackRow {
  id: string;
  revision: number;
  serviceName: string;
  virtualQueue: string;
  state: CallbackState;
  reason?: string;
  kind: "immediate" | "scheduled";
  phoneNumber: string;
  desiredTime: Instant;
  createdTime: Instant;
  updatedTime: Instant;
  completedTime?: Instant;
  expirationTime: Instant;
  dueTime?: Instant;
  attempt: number;
  positionInQueue?: number;
  estimatedWaitTime?: number;
  priority?: number;
  source?: string;
  actions: CallbackAction[];
}

export interface CallbackEvent {
  revision: number;
  at: Instant;
  what: string;
  by: { kind: "api" | "user" | "session" | "flow" | "system"; name?: string };
  from?: CallbackState;
  to?: CallbackState;
  attempt?: number;
  reason?: string;
  note?: string;
}

export interface CallbackAttempt {
  attempt: number;
  submittedAt?: Instant;
  startedAt?: Instant;
  endedAt?: Instant;
  sessionId?: string;
  outcome?: string;
}

export interface CallbackDetail extends CallbackRow {
  userData: Record<string, unknown>;
  pushTargets: { channel: string; language?: string }[];
  sessionId?: string;
  node?: string;
  outcomes?: unknown;
  diagnostics?: Record<string, unknown>;
  settings?: Record<string, unknown>;
  timeline: CallbackEvent[];
  attempts: CallbackAttempt[];
}

export interface Slot {
  start: Instant;
  end: Instant;
  localStart: string;
  total: number;
  booked: number;
  left: number;
  open?: boolean;
}

export interface Slots {
  zone: string;
  slotMinutes: number;
  slots: Slot[];
}

export interface QueueRow {
  queue: string;
  services: string[];
  waiting: number;
  live: number;
  scheduled: number;
  scheduledToday: number;
  estimatedWaitTime?: number;
  band?: { low: number; high: number; confidence: number; basis: string };
  coverage?: { nominal: number; measured: number; observations: number };
  position?: number;
  agents?: { loggedIn: number; ready: number };
  watermark?: Record<string, unknown>;
  offered: { immediate: boolean; scheduled: boolean };
  open: boolean;
  closesAt?: Instant;
  opensAt?: Instant;
  emergency: boolean;
  promise?: { count: number; medianSecs: number; p90Secs: number; withinFiveMinutes: number };
  trend: { at: Instant; estimatedWaitTime?: number; waiting: number }[];
  at: Instant;
}

export interface Bulk {
  id: string;
  action: "cancel" | "reschedule";
  state: "running" | "done" | "stopped";
  total: number;
  done: number;
  succeeded: number;
  refused: number;
  by: string;
  startedAt: Instant;
  finishedAt?: Instant;
}

export interface ServiceRow {
  name: string;
  virtualQueue: string;
  businessHours?: string;
  zone: string;
  retired: boolean;
  emergency: boolean;
  immediate: boolean;
  scheduled: boolean;
  slotMinutes: number;
  capacityPerSlot: number;
  managedBy: "designer" | "here";
  revision: number;
}

export interface About {
  version: string;
  node: string;
  startedAt: Instant;
  store: string;
  sharedMemory: string;
  neighbours: { name: string; peer?: string; state: "up" | "down" | "off" | "unknown"; since?: Instant; detail?: string }[];
  time: Instant;
  zoneData: string;
}
