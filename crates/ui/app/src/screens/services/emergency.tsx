// Closes a service now, whatever its hours say, or opens it again: after a question.
import { Button } from "@mantine/core";
import { IconAlertOctagon, IconDoorEnter } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { Guarded } from "@/parts/guarded";
import { done, failed } from "@/parts/notify";
import { declareEmergency } from "./api";

export function Emergency({ name, on, compact = false }: { name: string; on: boolean; compact?: boolean }) {
  const { t } = useTranslation("services");
  const client = useQueryClient();
  const errorText = useErrorText();
  const act = useMutation({
    mutationFn: (note: string) => declareEmergency(name, !on, note),
    onSuccess: () => done(on ? t("emergency.opened", { name }) : t("emergency.closed", { name })),
    onError: (error) => failed(errorText(error)),
    onSettled: () => client.invalidateQueries({ queryKey: ["services"] }),
  });
  const ask = async () => {
    const sure = await confirm({
      title: on ? t("emergency.openTitle", { name }) : t("emergency.closeTitle", { name }),
      text: on ? t("emergency.openText") : t("emergency.closeText"),
      act: on ? t("emergency.open") : t("emergency.close"),
      danger: !on,
      note: { label: t("emergency.note") },
    });
    if (sure) act.mutate(sure.note);
  };
  return (
    <Guarded needs="ges.service.emergency">
      <Button
        variant={on ? "filled" : "default"}
        {...(compact ? { size: "compact-xs" } : {})}
        leftSection={on ? <IconDoorEnter size={16} /> : <IconAlertOctagon size={16} />}
        loading={act.isPending}
        onClick={() => void ask()}
        aria-label={`${on ? t("emergency.open") : t("emergency.close")}: ${name}`}
      >
        {on ? t("emergency.open") : t("emergency.close")}
      </Button>
    </Guarded>
  );
}
