// The addresses below `numbers`: all rules with a box to try a number, and one rule.
import { Button } from "@mantine/core";
import { IconPhoneCheck, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Route, Routes, useNavigate } from "react-router";
import { useMay } from "@/api/session";
import { Assign, assignments } from "@/editing/assign";
import { countryNames } from "@/editing/countries";
import { RuleTable } from "@/editing/rule-table";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { Page } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { useCommands } from "@/shell/commands";
import { type Rules, rulesQuery } from "./api";
import Editor from "./editor";
import { TestBox } from "./test-box";

export default function Numbers() {
  return (
    <Routes>
      <Route index element={<RuleList />} />
      <Route path="rules/:id" element={<Editor />} />
    </Routes>
  );
}

function RuleList() {
  const { t } = useTranslation("numbers");
  const may = useMay();
  const navigate = useNavigate();
  const rules = useQuery(rulesQuery);
  const add = () => void navigate("/numbers/rules/new");
  useCommands(may("ges.admin.numbers") ? [{ id: "numbers-new", label: t("new"), key: "n", run: add }] : []);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Guarded needs="ges.admin.numbers">
          <Button leftSection={<IconPlus size={16} />} onClick={add}>
            {t("new")}
          </Button>
        </Guarded>
      }
    >
      <Answer query={rules}>{(data) => <Found data={data} mayEdit={may("ges.admin.numbers")} />}</Answer>
    </Page>
  );
}

function Found({ data, mayEdit }: { data: Rules; mayEdit: boolean }) {
  const { t, i18n } = useTranslation(["numbers", "editing"]);
  const { number, list } = useFormat();
  const names = useMemo(() => countryNames(i18n.language), [i18n.language]);
  const few = (codes: readonly string[]) => {
    const shown = codes.slice(0, 4).map((code) => names.get(code) ?? code);
    return codes.length > 4 ? t("andMore", { some: shown.join(", "), n: number(codes.length - 4) }) : list(shown);
  };
  return (
    <>
      <RuleTable
        label={t("title")}
        path="number-rules"
        home="/numbers"
        rules={data.rules}
        mayEdit={mayEdit}
        empty={<Empty icon={<IconPhoneCheck size={28} />} title={t("empty")} text={t("emptyText")} />}
        columns={[
          { key: "countries", label: t("countries"), cell: (rule) => few(rule.countries) },
          { key: "blocked", label: t("blocked"), num: true, cell: (rule) => number(rule.blocked.length) },
        ]}
      />
      <Assign path="number-rules" queues={data.queues} rules={data.rules} revision={data.revision} mayEdit={mayEdit} />
      {data.queues.length > 0 && (
        <TestBox on={undefined} queues={Object.keys(assignments(data.queues))} />
      )}
    </>
  );
}
