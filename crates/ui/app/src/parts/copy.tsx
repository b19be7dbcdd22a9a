// Text that is meant to be taken elsewhere.
import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export function Copy({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation("parts");
  return (
    <CopyButton value={text} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("copy.done") : (label ?? t("copy.copy"))}>
          <ActionIcon onClick={copy} size="sm" aria-label={label ?? t("copy.copy")}>
            {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
