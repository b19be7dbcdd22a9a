// The rules of one kind as a table: name, what the kind is about, the queues that use it, and what can be done to it.
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { ReactNode } from "react";
import { useFormat } from "@/parts/format";
import { Panel } from "@/parts/page";
import { RuleActions } from "./rule-actions";
import { type RowColumn, Rows } from "./rows";

interface AnyRule {
  id: string;
  name: string;
  queues: readonly string[];
  revision: number;
}

interface RuleTableProps<R extends AnyRule> {
  label: string;
  /** `capacity-rules` and the like. */
  path: string;
  /** The screen's own address: `/capacity` and the like. */
  home: string;
  rules: readonly R[];
  mayEdit: boolean;
  /** What this kind of rule says. */
  columns: readonly RowColumn<R>[];
  /** Shown where there is none. */
  empty: ReactNode;
  /** What else can be done with a rule, as menu items. */
  more?: (rule: R) => ReactNode;
}

export function RuleTable<R extends AnyRule>(props: RuleTableProps<R>) {
  const { label, path, home, rules, mayEdit, columns, empty, more } = props;
  const { t } = useTranslation("editing");
  const { list } = useFormat();
  return (
    <Panel flush>
      {rules.length === 0 ? (
        empty
      ) : (
        <Rows
          label={label}
          rows={rules}
          rowKey={(rule) => rule.id}
          columns={[
            {
              key: "name",
              label: t("name"),
              head: true,
              cell: (rule) => <Link to={`${home}/rules/${rule.id}`}>{rule.name}</Link>,
            },
            ...columns,
            {
              key: "queues",
              label: t("assign.usedBy"),
              cell: (rule) => (rule.queues.length === 0 ? t("assign.usedByNone") : list(rule.queues)),
            },
            mayEdit && {
              key: "actions",
              label: t("actions"),
              quiet: true,
              num: true,
              cell: (rule) => (
                <RuleActions path={path} rule={rule}>
                  {more?.(rule)}
                </RuleActions>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
