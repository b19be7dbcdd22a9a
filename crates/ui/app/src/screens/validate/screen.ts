import { IconChecklist } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "validate",
  path: "validate",
  group: "work",
  order: 30,
  icon: IconChecklist,
  needs: ["ges.dev.tools", "ges.callback.create"],
  shortcut: "t",
  load: () => import("./page"),
};
