import { IconInfoCircle } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "about",
  path: "about",
  group: "insight",
  order: 90,
  icon: IconInfoCircle,
  load: () => import("./page"),
};
