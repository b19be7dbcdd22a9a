// Addresses that lead nowhere, and screens that broke: said plainly, with a way on.
import { Button } from "@mantine/core";
import { IconBug, IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useRouteError } from "react-router";
import { Message } from "@/parts/states";

export function Nowhere() {
  const { t } = useTranslation("shell");
  return (
    <Message icon={<IconMapOff size={28} />} title={t("nowhere.title")} text={t("nowhere.text")}>
      <Button component={Link} to="/" variant="default">
        {t("nowhere.home")}
      </Button>
    </Message>
  );
}

export function Broken() {
  const { t } = useTranslation("shell");
  const error = useRouteError();
  // A page that was open during an upgrade asks for files that are no more: a fresh one helps.
  const stale = error instanceof TypeError && /dynamically imported|module script/i.test(error.message);
  return (
    <Message
      icon={<IconBug size={28} />}
      title={stale ? t("broken.staleTitle") : t("broken.title")}
      text={stale ? t("broken.staleText") : t("broken.text")}
      detail={error instanceof Error ? error.message : String(error)}
      bad={!stale}
    >
      <Button variant="default" onClick={() => window.location.reload()}>
        {t("broken.reload")}
      </Button>
    </Message>
  );
}
