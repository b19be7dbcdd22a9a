// Regions: where a queue's callbacks are handled first, and where next.
import { IconMap2 } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "regions",
  path: "regions",
  group: "rules",
  order: 40,
  icon: IconMap2,
  needs: "ges.admin.regions.view",
  load: () => import("./regions"),
};
