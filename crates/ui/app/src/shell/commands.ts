// What can be done where one is: screens announce their commands, the palette and the keyboard carry them out.
import { useHotkeys } from "@mantine/hooks";
import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Command {
  id: string;
  label: string;
  /** As `useHotkeys` of Mantine reads it: `n`, `shift+c`, `/`. */
  key?: string;
  run: () => void;
}

let commands: readonly Command[] = [];
const watchers = new Set<() => void>();

function change(next: readonly Command[]) {
  commands = next;
  for (const watcher of watchers) watcher();
}

const watch = (watcher: () => void) => {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
};

/** Announces commands for as long as the component is there. */
export function useCommands(mine: readonly Command[]) {
  const latest = useRef(mine);
  latest.current = mine;
  const signature = mine.map((command) => `${command.id}\n${command.label}\n${command.key ?? ""}`).join("\n\n");
  useEffect(() => {
    const added = latest.current.map((command): Command => ({
      ...command,
      run: () => latest.current.find((one) => one.id === command.id)?.run(),
    }));
    change([...commands, ...added]);
    return () => change(commands.filter((command) => !added.includes(command)));
  }, [signature]);
}

export const useAllCommands = () => useSyncExternalStore(watch, () => commands);

/** Binds the keys of all announced commands. */
export function useCommandKeys() {
  const all = useAllCommands();
  useHotkeys(
    all.flatMap((command) => (command.key ? [[command.key, () => command.run()] as [string, () => void]] : [])),
  );
}
