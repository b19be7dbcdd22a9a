import { IconUsersGroup } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "queues",
  path: "queues",
  group: "work",
  order: 20,
  icon: IconUsersGroup,
  needs: "ges.queue.view",
  shortcut: "q",
  load: () => import("./page"),
};
