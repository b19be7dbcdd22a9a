// Capacity: how many scheduled callbacks each slot takes.
import { IconGrid4x4 } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "capacity",
  path: "capacity",
  group: "rules",
  order: 10,
  icon: IconGrid4x4,
  needs: "ges.admin.capacity.view",
  shortcut: "k",
  load: () => import("./capacity"),
};
