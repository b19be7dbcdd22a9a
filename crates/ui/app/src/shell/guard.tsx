// In front of each screen: whether this person may see it.
import type { ReactNode } from "react";
import { useMay } from "@/api/session";
import { NotPermitted } from "@/parts/states";
import type { Screen } from "@/screens";

export function Guard({ screen, children }: { screen: Screen; children: ReactNode }) {
  const may = useMay();
  return may(screen.needs) ? children : <NotPermitted />;
}
