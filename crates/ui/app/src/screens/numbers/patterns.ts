// Blocked patterns as they are typed, one a line: simple ones (+1900*, ? one digit), or an expression between slashes.

export interface Complaint {
  line: number;
  text: string;
  kind: "characters" | "expression" | "empty";
}

export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

export function complaints(text: string): Complaint[] {
  return text.split("\n").flatMap((raw, index): Complaint[] => {
    const line = raw.trim();
    if (line === "") return [];
    const at = { line: index + 1, text: line };
    if (line.startsWith("/")) {
      if (line.length < 3 || !line.endsWith("/")) return [{ ...at, kind: "expression" }];
      try {
        new RegExp(line.slice(1, -1));
        return [];
      } catch {
        return [{ ...at, kind: "expression" }];
      }
    }
    if (!/^\+?[\d?*\s().-]+$/.test(line)) return [{ ...at, kind: "characters" }];
    return /[\d?*]/.test(line) ? [] : [{ ...at, kind: "empty" }];
  });
}
