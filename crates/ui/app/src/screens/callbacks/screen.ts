import { IconPhoneCall } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "callbacks",
  path: "callbacks",
  group: "work",
  order: 10,
  icon: IconPhoneCall,
  needs: "ges.callback.view",
  shortcut: "c",
  load: () => import("./page"),
};
