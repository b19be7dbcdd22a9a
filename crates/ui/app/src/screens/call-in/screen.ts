// Call-in: numbers and codes given out to customers who will dial in, and what became of them.
import { IconPhoneIncoming } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "call-in",
  path: "call-in",
  group: "setup",
  order: 30,
  icon: IconPhoneIncoming,
  needs: ["ges.callin.view", "ges.callin.groups.view"],
  load: () => import("./call-in"),
};
