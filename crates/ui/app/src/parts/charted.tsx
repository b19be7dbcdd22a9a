// Every chart has a table: one switch shows the same figures as rows.
import { SegmentedControl, Table } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Panel } from "./page";

interface ChartedProps {
  title: string;
  lead?: string;
  columns: readonly string[];
  rows: readonly (readonly ReactNode[])[];
  actions?: ReactNode;
  children: ReactNode;
}

export function Charted({ title, lead, columns, rows, actions, children }: ChartedProps) {
  const { t } = useTranslation("parts");
  const [shown, setShown] = useState("chart");
  return (
    <Panel
      title={title}
      lead={lead}
      actions={
        <>
          {actions}
          <SegmentedControl
            value={shown}
            onChange={setShown}
            aria-label={t("chart.as")}
            data={[
              { value: "chart", label: t("chart.chart") },
              { value: "table", label: t("chart.table") },
            ]}
          />
        </>
      }
    >
      {shown === "chart" ? (
        <div aria-hidden>{children}</div>
      ) : (
        <Table.ScrollContainer minWidth={360}>
          <Table striped>
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => (
                  <Table.Th key={column}>{column}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) => (
                <Table.Tr key={index}>
                  {row.map((cell, place) => (
                    <Table.Td key={place}>{cell}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  );
}
