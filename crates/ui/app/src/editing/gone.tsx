// A document that is not there any more, with the way back to those that are.
import { Button } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Empty } from "@/parts/states";

export function Gone({ back }: { back: string }) {
  const { t } = useTranslation("editing");
  return (
    <Empty title={t("nothingHere")} text={t("nothingHereText")}>
      <Back to={back} />
    </Empty>
  );
}

export function Back({ to }: { to: string }) {
  const { t } = useTranslation("editing");
  return (
    <Button component={Link} to={to} variant="default" leftSection={<IconArrowLeft size={16} />}>
      {t("back")}
    </Button>
  );
}
