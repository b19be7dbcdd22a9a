// Light, dark, or as the system has it.
import { useMantineColorScheme } from "@mantine/core";

export const SCHEMES = ["light", "dark", "auto"] as const;

/** The library would switch transitions off meanwhile by a style in the page, which the policy refuses. */
export const useScheme = () => useMantineColorScheme({ keepTransitions: true });
