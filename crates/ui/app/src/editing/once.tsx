// A secret that is shown this one time: to be copied before it is closed.
import { Button, Modal } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Copy } from "@/parts/copy";
import classes from "./editing.module.css";

interface OnceProps {
  title: string;
  secret: string | undefined;
  onClose: () => void;
}

export function Once({ title, secret, onClose }: OnceProps) {
  const { t } = useTranslation("editing");
  if (secret === undefined) return null;
  return (
    <Modal opened onClose={onClose} title={title} centered closeOnClickOutside={false} withCloseButton={false}>
      <div className={classes["stack"]}>
        <div className={classes["note"]} data-warn>
          <IconAlertTriangle size={16} /> {t("once.text")}
        </div>
        <div className={classes["note"]}>
          <code className={classes["mono"]} style={{ flex: 1 }}>
            {secret}
          </code>
          <Copy text={secret} />
        </div>
        <div className={classes["end"]}>
          <Button onClick={onClose}>{t("once.done")}</Button>
        </div>
      </div>
    </Modal>
  );
}
