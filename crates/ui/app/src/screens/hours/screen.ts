// Office hours: when somebody is there to call back, and what the clocks do to it.
import { IconCalendarTime } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "hours",
  path: "hours",
  group: "setup",
  order: 20,
  icon: IconCalendarTime,
  needs: "ges.service.view",
  load: () => import("./hours"),
};
