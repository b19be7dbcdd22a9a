// Services: what Designer published about each callback queue, or was set here.
import { IconAdjustmentsHorizontal } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "services",
  path: "services",
  group: "setup",
  order: 10,
  icon: IconAdjustmentsHorizontal,
  needs: "ges.service.view",
  shortcut: "s",
  load: () => import("./services"),
};
