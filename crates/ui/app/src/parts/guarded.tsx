// A control that cannot be used now says why. It stays reachable, so that the reason can be read with any device.
import { Tooltip } from "@mantine/core";
import { type ReactElement, cloneElement } from "react";
import { useTranslation } from "react-i18next";
import type { Permission } from "@/api/types";
import { useMay } from "@/api/session";

interface GuardedProps {
  /** Why it cannot be used; nothing when it can. */
  reason?: string | false | undefined;
  needs?: Permission | undefined;
  children: ReactElement<Record<string, unknown>>;
}

export function Guarded({ reason, needs, children }: GuardedProps) {
  const { t } = useTranslation("parts");
  const may = useMay();
  const why = may(needs) ? reason : t("guarded.role");
  if (!why) return children;
  const off = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Tooltip label={why} events={{ hover: true, focus: true, touch: true }}>
      {cloneElement(children, { "aria-disabled": true, "data-disabled": true, onClick: off, type: "button", href: undefined })}
    </Tooltip>
  );
}
