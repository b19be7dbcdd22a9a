// One rule of regions: the order in which they are tried.
import { ActionIcon, Autocomplete, Button, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useMay } from "@/api/session";
import { useDocumentDraft } from "@/editing/draft-of";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { Rows } from "@/editing/rows";
import { DraftBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { done } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { type Rule, type RuleEdit, type Rules, rulesQuery, saveRule } from "./api";
import { Health } from "./regions";

export default function Editor() {
  const { id = "" } = useParams();
  const rules = useQuery(rulesQuery);
  return (
    <Answer query={rules}>
      {(data) => {
        const rule = data.rules.find((one) => one.id === id);
        if (id !== "new" && !rule) return <Gone back="/regions" />;
        return <Document key={id} data={data} rule={rule} />;
      }}
    </Answer>
  );
}

function Document({ data, rule }: { data: Rules; rule: Rule | undefined }) {
  const { t } = useTranslation(["regions", "editing"]);
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay()("ges.admin.regions");
  const [adding, setAdding] = useState("");
  // By content: the list is asked for anew every few seconds.
  const key = JSON.stringify(rule && { name: rule.name, regions: rule.regions });
  const stored = useMemo((): RuleEdit => (key ? (JSON.parse(key) as RuleEdit) : { name: "", regions: [] }), [key]);
  const revision = rule?.revision ?? data.revision;
  const draft = useDocumentDraft<RuleEdit>(`regions-${rule?.id ?? "new"}`, stored, revision);
  const { doc } = draft;
  const back = () => void navigate("/regions");
  const forget = () => {
    draft.clear({ seen: revision, doc: stored });
    void client.invalidateQueries({ queryKey: ["region-rules"] });
  };
  const saving = useSaving<RuleEdit, unknown>({
    send: (mine, seen) => saveRule(rule?.id, { ...mine, name: mine.name.trim() }, seen),
    onSaved: () => {
      forget();
      done(t("editing:saved"));
      back();
    },
    onTheirs: forget,
    edited: ({ name, regions }) => ({ name, regions }),
    label: (path) => (path === "name" ? t("editing:name") : t("order")),
  });
  const put = (regions: string[]) => draft.change((before) => ({ ...before, regions }));
  const swap = (at: number, by: number) => {
    const next = [...doc.regions];
    const [moved] = next.splice(at, 1);
    if (moved === undefined) return;
    next.splice(at + by, 0, moved);
    put(next);
  };
  const add = () => {
    const name = adding.trim();
    if (name === "" || doc.regions.includes(name)) return;
    put([...doc.regions, name]);
    setAdding("");
  };
  const missing =
    (doc.name.trim() === "" && t("editing:nameNeeded")) || (doc.regions.length === 0 && t("regionNeeded"));
  return (
    <Page title={rule?.name ?? t("new")} lead={t("lead")} actions={<Back to="/regions" />}>
      {!mayEdit && <div className={classes["note"]}>{t("editing:readOnly")}</div>}
      <Panel>
        <div className={classes["form"]}>
          <TextInput
            label={t("editing:name")}
            value={doc.name}
            onChange={(event) => {
              const name = event.currentTarget.value;
              draft.change((before) => ({ ...before, name }));
            }}
            maxLength={255}
            required
            readOnly={!mayEdit}
          />
        </div>
      </Panel>
      <Panel title={t("order")} lead={t("orderLead")} flush>
        {doc.regions.length === 0 ? (
          <Empty title={t("regionNeeded")} small />
        ) : (
          <Rows
            label={t("order")}
            rows={doc.regions.map((name, at) => ({ name, at, known: data.regions.find((one) => one.name === name) }))}
            rowKey={(row) => row.name}
            columns={[
              { key: "name", label: t("region"), head: true, cell: (row) => `${row.at + 1}. ${row.name}` },
              {
                key: "routers",
                label: t("routers"),
                cell: (row) => (row.known ? <Health {...row.known.routers} /> : t("unknown")),
              },
              {
                key: "ors",
                label: t("orchestrators"),
                cell: (row) => (row.known ? <Health {...row.known.orchestrators} /> : t("unknown")),
              },
              mayEdit && {
                key: "actions",
                label: t("editing:actions"),
                quiet: true,
                num: true,
                cell: ({ name, at }) => (
                  <>
                    <ActionIcon onClick={() => swap(at, -1)} disabled={at === 0} aria-label={t("editing:moveUp", { name })}>
                      <IconArrowUp size={16} />
                    </ActionIcon>
                    <ActionIcon
                      onClick={() => swap(at, 1)}
                      disabled={at === doc.regions.length - 1}
                      aria-label={t("editing:moveDown", { name })}
                    >
                      <IconArrowDown size={16} />
                    </ActionIcon>
                    <ActionIcon
                      onClick={() => put(doc.regions.filter((one) => one !== name))}
                      aria-label={t("editing:takeAway", { name })}
                    >
                      <IconX size={16} />
                    </ActionIcon>
                  </>
                ),
              },
            ]}
          />
        )}
        {mayEdit && (
          <form
            className={classes["line"]}
            data-end
            style={{ padding: "12px 16px 16px" }}
            onSubmit={(event) => {
              event.preventDefault();
              add();
            }}
          >
            <Autocomplete
              label={t("add")}
              data={data.regions.map((one) => one.name).filter((name) => !doc.regions.includes(name))}
              value={adding}
              onChange={setAdding}
              maxLength={255}
            />
            <Button type="submit" variant="default" leftSection={<IconPlus size={16} />} disabled={adding.trim() === ""}>
              {t("editing:add")}
            </Button>
          </form>
        )}
      </Panel>
      {mayEdit && (
        <DraftBar
          draft={draft}
          saving={saving}
          fresh={!rule}
          missing={missing}
          onSave={() => saving.save(doc, draft.seen)}
          forget={forget}
          leave={back}
        />
      )}
    </Page>
  );
}
