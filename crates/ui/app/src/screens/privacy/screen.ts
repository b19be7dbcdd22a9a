// Privacy: everything that is kept of a number, and forgetting it.
import { IconShieldLock } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "privacy",
  path: "privacy",
  group: "insight",
  order: 50,
  icon: IconShieldLock,
  needs: ["ges.privacy.forget", "ges.privacy.export"],
  load: () => import("./privacy"),
};
