// Where two documents differ, by path.

export interface Difference {
  path: string;
  before?: string;
  after?: string;
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const written = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);

export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isTree(before) || isTree(after)) {
    const a = isTree(before) ? before : {};
    const b = isTree(after) ? after : {};
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return names.flatMap((name) => differences(a[name], b[name], path === "" ? name : `${path}.${name}`));
  }
  const [left, right] = [written(before), written(after)];
  if (left === right) return [];
  return [{ path, ...(left === undefined ? {} : { before: left }), ...(right === undefined ? {} : { after: right }) }];
}
