// A callback's state, by word and sign: the colour only helps.
import { Badge } from "@mantine/core";
import {
  IconCalendarEvent,
  IconCheck,
  IconHeadset,
  IconHourglass,
  IconPhoneOutgoing,
  IconX,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CallbackState } from "@/api/types";

const LOOKS = {
  SCHEDULED: { color: "gray", icon: IconCalendarEvent },
  QUEUED: { color: "yellow", icon: IconHourglass },
  ROUTING: { color: "violet", icon: IconPhoneOutgoing },
  PROCESSING: { color: "blue", icon: IconHeadset },
  COMPLETED: { color: "green", icon: IconCheck },
} as const;

/** Ends that the customer would call good. */
const GOOD = new Set(["AGENT_CONNECTED", "CUSTOMER_CALLED_IN"]);

export function useStateText() {
  const { t, i18n } = useTranslation("parts");
  return {
    state: (state: CallbackState) => t(`callbackStates.${state}`),
    reason: (reason: string) =>
      i18n.exists(`reasons.${reason}`, { ns: "parts" })
        ? t(`reasons.${reason}`)
        : reason.charAt(0) + reason.slice(1).toLowerCase().replaceAll("_", " "),
  };
}

export function StateBadge({ state, reason }: { state: CallbackState; reason?: string | undefined }) {
  const text = useStateText();
  const bad = state === "COMPLETED" && reason !== undefined && !GOOD.has(reason);
  const cancelled = reason === "CANCELLED";
  const { color, icon: Icon } = LOOKS[state];
  const Sign = bad ? IconX : Icon;
  return (
    <Badge color={bad ? (cancelled ? "gray" : "red") : color} leftSection={<Sign size={12} stroke={2.2} />}>
      {state === "COMPLETED" && reason ? text.reason(reason) : text.state(state)}
    </Badge>
  );
}
