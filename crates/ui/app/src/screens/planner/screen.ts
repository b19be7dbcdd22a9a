// Planner: how many callbacks a day’s agents can promise beside their calls.
import { IconChartBar } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "planner",
  path: "planner",
  group: "rules",
  order: 20,
  icon: IconChartBar,
  needs: "ges.admin.capacity.view",
  load: () => import("./planner"),
};
