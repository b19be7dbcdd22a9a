// Every screen, found by its `screen.ts`: what it is called, where it lives, who may see it, and how it is loaded.
import type { ComponentType, FC } from "react";
import type { Permission } from "@/api/types";

export type Group = "work" | "rules" | "setup" | "insight";

export interface Screen {
  /** Also its namespace of words, and the key of its name in the shell's words (`screens.<id>`). */
  id: string;
  /** Below /ges/; the screen gets everything below it. */
  path: string;
  group: Group;
  /** Place within its group. */
  order: number;
  icon: FC<{ size?: number | string; stroke?: number | string }>;
  /** Any of these lets one in; none asks for nothing. */
  needs?: Permission | readonly Permission[];
  /** Second key after `g`. */
  shortcut?: string;
  load: () => Promise<{ default: ComponentType }>;
}

export const GROUPS: readonly Group[] = ["work", "rules", "setup", "insight"];

const found = import.meta.glob<Screen>("./*/screen.ts", { eager: true, import: "screen" });

export const SCREENS: readonly Screen[] = Object.values(found).sort(
  (a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || a.order - b.order,
);
