// A capacity rule as a calendar: columns of one value per slot, and the short-hand that says the same in a few words.
// Apart from the screen, because reading and writing the short-hand must agree with the service to the letter.

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const SLOT_LENGTHS = [30, 60, 5, 10, 15, 20] as const;
export const MOST_PLACES = 100_000;

/** Time (HHMM) to places; a value holds until the next time of the day. */
export type Steps = Record<string, number>;
export type Shorthand = Record<string, Steps>;

/** One value per slot of a day. */
export type Column = readonly number[];

export interface Plan {
  slotMinutes: number;
  /** Monday first. */
  week: readonly Column[];
  exceptions: Readonly<Record<string, Column>>;
}

export interface Trouble {
  kind: "json" | "shape" | "day" | "twice" | "time" | "mark" | "places";
  /** The word that is wrong. */
  word: string;
  line?: number;
  column?: number;
}

export const slotsPerDay = (slotMinutes: number) => (24 * 60) / slotMinutes;
export const emptyColumn = (slotMinutes: number): Column => Array.from({ length: slotsPerDay(slotMinutes) }, () => 0);
export const emptyPlan = (slotMinutes: number): Plan => ({
  slotMinutes,
  week: DAYS.map(() => emptyColumn(slotMinutes)),
  exceptions: {},
});

const two = (n: number) => String(n).padStart(2, "0");
/** 09:30, of a slot. */
export const clockOf = (slot: number, slotMinutes: number) =>
  `${two(Math.floor((slot * slotMinutes) / 60))}:${two((slot * slotMinutes) % 60)}`;

class Odd extends Error {
  readonly trouble: Trouble;
  constructor(kind: Trouble["kind"], word: string) {
    super(kind);
    this.trouble = { kind, word: word.slice(0, 40) };
  }
}

function weekday(name: string): number | undefined {
  const number = name.replace(/^_capacity_/, "");
  if (/^[1-7]$/.test(number)) return Number(number) - 1;
  const found = DAYS.indexOf(name.toLowerCase() as (typeof DAYS)[number]);
  return found < 0 ? undefined : found;
}

const isDate = (text: string) => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};

/** Weekdays by index, or a date. */
function named(part: string): number[] | string | undefined {
  const one = weekday(part);
  if (one !== undefined) return [one];
  if (isDate(part)) return part;
  const range = /^([^-]+)-([^-]+)$/.exec(part);
  const from = range ? weekday((range[1] ?? "").trim()) : undefined;
  const to = range ? weekday((range[2] ?? "").trim()) : undefined;
  if (from === undefined || to === undefined) return undefined;
  const length = ((to - from + 7) % 7) + 1;
  return Array.from({ length }, (_, index) => (from + index) % 7);
}

function columnOf(steps: unknown, key: string, slotMinutes: number): Column {
  if (typeof steps !== "object" || steps === null || Array.isArray(steps)) throw new Odd("shape", key);
  const marks = new Map<number, number>();
  for (const [time, places] of Object.entries(steps)) {
    const parts = /^(\d\d)(\d\d)$/.exec(time);
    const [hour, minute] = [Number(parts?.[1]), Number(parts?.[2])];
    if (!parts || hour > 23 || minute > 59) throw new Odd("time", time);
    if (!Number.isInteger(places) || places < 0 || places > MOST_PLACES) throw new Odd("places", time);
    if ((hour * 60 + minute) % slotMinutes !== 0) throw new Odd("mark", time);
    marks.set((hour * 60 + minute) / slotMinutes, places as number);
  }
  let value = 0;
  return emptyColumn(slotMinutes).map((_, slot) => (value = marks.get(slot) ?? value));
}

function read(document: unknown, slotMinutes: number): Plan {
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw new Odd("shape", "{");
  const week: (Column | undefined)[] = DAYS.map(() => undefined);
  const exceptions: Record<string, Column> = {};
  for (const [key, steps] of Object.entries(document)) {
    const column = columnOf(steps, key, slotMinutes);
    for (const part of key.split(",")) {
      const days = named(part.trim());
      if (days === undefined) throw new Odd("day", key);
      if (typeof days === "string") {
        if (days in exceptions) throw new Odd("twice", key);
        exceptions[days] = column;
      } else {
        for (const day of days) {
          if (week[day]) throw new Odd("twice", key);
          week[day] = column;
        }
      }
    }
  }
  return { slotMinutes, week: week.map((column) => column ?? emptyColumn(slotMinutes)), exceptions };
}

/** Reads a document of short-hand. */
export function readShorthand(document: unknown, slotMinutes: number): Plan | { trouble: Trouble } {
  try {
    return read(document, slotMinutes);
  } catch (error) {
    if (error instanceof Odd) return { trouble: error.trouble };
    throw error;
  }
}

function placeOf(text: string, at: number): Pick<Trouble, "line" | "column"> {
  if (at < 0) return {};
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Reads short-hand as it is typed; trouble says where. */
export function readText(text: string, slotMinutes: number): Plan | { trouble: Trouble } {
  let document: unknown;
  try {
    document = text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(message)?.[1];
    const lineColumn = /line (\d+) column (\d+)/.exec(message);
    const place = position
      ? placeOf(text, Number(position))
      : lineColumn
        ? { line: Number(lineColumn[1]), column: Number(lineColumn[2]) }
        : placeOf(text, text.length);
    return { trouble: { kind: "json", word: "", ...place } };
  }
  const found = readShorthand(document, slotMinutes);
  if (!("trouble" in found)) return found;
  return { trouble: { ...found.trouble, ...placeOf(text, text.indexOf(JSON.stringify(found.trouble.word))) } };
}

/** One key per change; before the first there are none. */
export function stepsOf(column: Column, slotMinutes: number): Steps {
  const steps: [string, number][] = [];
  let before = 0;
  column.forEach((places, slot) => {
    if (places !== before) steps.push([clockOf(slot, slotMinutes).replace(":", ""), places]);
    before = places;
  });
  return Object.fromEntries(steps);
}

const same = (a: Column, b: Column) => a.length === b.length && a.every((value, index) => value === b[index]);

/** `mon-wed,sat`: runs of three and more as ranges. */
function listed(days: readonly number[]): string {
  const runs: number[][] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last && last.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => DAYS[day ?? 0] ?? "";
  return runs.map((run) => (run.length > 2 ? `${name(run[0])}-${name(run.at(-1))}` : run.map(name).join(","))).join(",");
}

export function weekShorthand(plan: Plan): Shorthand {
  const out: [string, Steps][] = [];
  plan.week.forEach((column, first) => {
    if (plan.week.slice(0, first).some((earlier) => same(earlier, column))) return;
    const steps = stepsOf(column, plan.slotMinutes);
    if (Object.keys(steps).length === 0) return;
    const days = plan.week.flatMap((other, day) => (same(other, column) ? [day] : []));
    out.push([listed(days), steps]);
  });
  return Object.fromEntries(out);
}

export function exceptionsShorthand(plan: Plan): Shorthand {
  const dates = Object.keys(plan.exceptions).sort();
  return Object.fromEntries(
    dates.map((date) => {
      const steps = stepsOf(plan.exceptions[date] ?? [], plan.slotMinutes);
      // A date without places has to be told from a date that is not special.
      return [date, Object.keys(steps).length === 0 ? { "0000": 0 } : steps];
    }),
  );
}

/** The whole plan as people edit it: a line per key, as short as it gets. JSON would move keys such as 0900 about. */
export function writeText(plan: Plan): string {
  const lines = Object.entries({ ...weekShorthand(plan), ...exceptionsShorthand(plan) }).map(([key, steps]) => {
    const times = Object.entries(steps).sort(([a], [b]) => a.localeCompare(b));
    return `  ${JSON.stringify(key)}: { ${times.map(([time, places]) => `"${time}": ${places}`).join(", ")} }`;
  });
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n}`;
}

/** A rule's calendar as the service tells it. */
export function planOf(rule: { slotMinutes: number; week: Shorthand; exceptions?: Shorthand | undefined }): Plan {
  const found = readShorthand({ ...rule.week, ...rule.exceptions }, rule.slotMinutes);
  return "trouble" in found ? emptyPlan(rule.slotMinutes) : found;
}

/** A rectangle of cells: columns and slots, both ends included, in any order. */
export interface Block {
  columns: readonly [number, number];
  slots: readonly [number, number];
}

export const within = (block: Block, column: number, slot: number) =>
  column >= Math.min(...block.columns) &&
  column <= Math.max(...block.columns) &&
  slot >= Math.min(...block.slots) &&
  slot <= Math.max(...block.slots);

export const sizeOf = ({ columns, slots }: Block) =>
  (Math.abs(columns[0] - columns[1]) + 1) * (Math.abs(slots[0] - slots[1]) + 1);

const clamp = (value: number) => Math.max(0, Math.min(MOST_PLACES, Math.round(value)));

/** Columns with a block painted over: with a value, or by what stood there. */
export function paint(columns: readonly Column[], block: Block, value: number | ((before: number) => number)): Column[] {
  return columns.map((column, at) =>
    column.some((_, slot) => within(block, at, slot))
      ? column.map((before, slot) =>
          within(block, at, slot) ? clamp(typeof value === "function" ? value(before) : value) : before,
        )
      : column,
  );
}

export const cut = (columns: readonly Column[], block: Block): number[][] =>
  columns
    .filter((_, at) => within(block, at, block.slots[0]))
    .map((column) => column.filter((_, slot) => within(block, block.columns[0], slot)));

/** Columns with a piece laid down with its upper left corner; what would hang over is cut off. */
export function paste(columns: readonly Column[], piece: readonly (readonly number[])[], column: number, slot: number): Column[] {
  return columns.map((before, at) => {
    const from = piece[at - column];
    return from ? before.map((value, index) => from[index - slot] ?? value) : before;
  });
}

export const weekTotal = (plan: Plan) => plan.week.reduce((sum, column) => sum + column.reduce((a, b) => a + b, 0), 0);
export const most = (columns: readonly Column[]) => columns.reduce((top, column) => Math.max(top, ...column), 0);

/** The slots worth showing: where there are places, and an hour around them. */
export function busy(columns: readonly Column[], slotMinutes: number): readonly [number, number] {
  const used = columns.flatMap((column) => column.flatMap((value, slot) => (value > 0 ? [slot] : [])));
  const hour = 60 / slotMinutes;
  const first = Math.min(...used, 8 * hour);
  const last = Math.max(...used, 18 * hour - 1);
  const whole = (slot: number) => Math.floor(slot / hour) * hour;
  return [Math.max(0, whole(first) - hour), Math.min(slotsPerDay(slotMinutes), whole(last) + 2 * hour)];
}
