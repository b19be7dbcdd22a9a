// Numbers: which countries may be called, and which numbers never.
import { IconPhoneCheck } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "numbers",
  path: "numbers",
  group: "rules",
  order: 30,
  icon: IconPhoneCheck,
  needs: "ges.admin.numbers.view",
  load: () => import("./numbers"),
};
