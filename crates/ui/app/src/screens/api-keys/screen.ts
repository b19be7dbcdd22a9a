// API keys: who may book from outside. Each is shown once.
import { IconPasswordFingerprint } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "api-keys",
  path: "api-keys",
  group: "setup",
  order: 50,
  icon: IconPasswordFingerprint,
  needs: "ges.dev.apikeys",
  load: () => import("./api-keys"),
};
