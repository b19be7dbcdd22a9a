// Deleting a rule, after a question that says which queues lose it.
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "@/api/client";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done, failed } from "@/parts/notify";

interface RuleActionsProps {
  /** `capacity-rules` and the like. */
  path: string;
  rule: { id: string; name: string; queues: readonly string[]; revision: number };
  /** What else can be done, as menu items. */
  children?: ReactNode;
}

export function RuleActions({ path, rule, children }: RuleActionsProps) {
  const { t } = useTranslation("editing");
  const { list } = useFormat();
  const client = useQueryClient();
  const errorText = useErrorText();
  const deleting = useMutation({
    mutationFn: () =>
      remove(`${path}/${rule.id}`, {
        ifMatch: rule.revision,
        query: rule.queues.length > 0 ? { unassign: true } : {},
      }),
    onSuccess: () => done(t("removed")),
    onError: (error) => failed(errorText(error)),
    onSettled: () => client.invalidateQueries({ queryKey: [path] }),
  });
  const ask = async () => {
    const inUse = rule.queues.length > 0 ? t("assign.inUse", { queues: list(rule.queues) }) : "";
    const sure = await confirm({
      title: t("removeTitle", { name: rule.name }),
      text: `${inUse} ${t("removeText")}`.trim(),
      act: t("remove"),
      danger: true,
    });
    if (sure) deleting.mutate();
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("actionsOf", { name: rule.name })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {children}
        <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => void ask()}>
          {t("remove")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
