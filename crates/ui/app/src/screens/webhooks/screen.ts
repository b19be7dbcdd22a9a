// Webhooks: who is told of each change, and whether they heard it.
import { IconWebhook } from "@tabler/icons-react";
import type { Screen } from "@/screens";

export const screen: Screen = {
  id: "webhooks",
  path: "webhooks",
  group: "setup",
  order: 60,
  icon: IconWebhook,
  needs: "ges.dev.webhooks",
  load: () => import("./webhooks"),
};
