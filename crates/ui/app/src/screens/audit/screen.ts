// Audit: who did what, and what was refused.
import { IconListSearch } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "audit",
  path: "audit",
  group: "insight",
  order: 40,
  icon: IconListSearch,
  needs: "ges.audit",
  load: () => import("./audit"),
};
