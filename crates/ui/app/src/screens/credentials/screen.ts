// Credentials: what the contact centre has with push, captcha and statistics services. Written, tried, never read.
import { IconKey } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "credentials",
  path: "credentials",
  group: "setup",
  order: 40,
  icon: IconKey,
  needs: ["ges.dev.push", "ges.dev.captcha", "ges.dev.statistics"],
  load: () => import("./credentials"),
};
