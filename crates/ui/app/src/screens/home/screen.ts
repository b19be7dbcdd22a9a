import { IconLayoutDashboard } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "home",
  path: "",
  group: "work",
  order: 0,
  icon: IconLayoutDashboard,
  shortcut: "o",
  load: () => import("./page"),
};
