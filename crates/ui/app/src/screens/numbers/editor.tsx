// One rule of countries and numbers, with a box that tries it before it is saved.
import { MultiSelect, TextInput, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useMay } from "@/api/session";
import { countryNames } from "@/editing/countries";
import { useDocumentDraft } from "@/editing/draft-of";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { DraftBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { useFormat } from "@/parts/format";
import { done } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { type Rule, type RuleEdit, type Rules, rulesQuery, saveRule } from "./api";
import { complaints, linesOf } from "./patterns";
import { TestBox } from "./test-box";

/** As it is typed: the patterns are text, so that half a line survives. */
interface Typed {
  name: string;
  countries: string[];
  blocked: string;
}

const typed = (rule: RuleEdit): Typed => ({ name: rule.name, countries: rule.countries, blocked: rule.blocked.join("\n") });
const editOf = ({ name, countries, blocked }: Typed): RuleEdit => ({ name: name.trim(), countries, blocked: linesOf(blocked) });

export default function Editor() {
  const { id = "" } = useParams();
  const rules = useQuery(rulesQuery);
  return (
    <Answer query={rules}>
      {(data) => {
        const rule = data.rules.find((one) => one.id === id);
        if (id !== "new" && !rule) return <Gone back="/numbers" />;
        return <Document key={id} data={data} rule={rule} />;
      }}
    </Answer>
  );
}

function Document({ data, rule }: { data: Rules; rule: Rule | undefined }) {
  const { t, i18n } = useTranslation(["numbers", "editing"]);
  const { list } = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay()("ges.admin.numbers");
  const names = useMemo(() => countryNames(i18n.language), [i18n.language]);
  const stored = useMemo(() => typed(rule ?? { name: "", countries: [], blocked: [] }), [rule]);
  const revision = rule?.revision ?? data.revision;
  const draft = useDocumentDraft<Typed>(`numbers-${rule?.id ?? "new"}`, stored, revision);
  const { doc } = draft;
  const odd = complaints(doc.blocked);
  const edit = editOf(doc);
  const back = () => void navigate("/numbers");
  const forget = () => {
    draft.clear({ seen: revision, doc: stored });
    void client.invalidateQueries({ queryKey: ["number-rules"] });
  };
  const saving = useSaving<RuleEdit, unknown>({
    send: (mine, seen) => saveRule(rule?.id, mine, seen),
    onSaved: () => {
      forget();
      done(t("editing:saved"));
      back();
    },
    onTheirs: forget,
    edited: ({ name, countries, blocked }) => ({ name, countries, blocked }),
    label: (path) => (path === "name" ? t("editing:name") : t(path)),
  });
  const missing =
    (edit.name === "" && t("editing:nameNeeded")) ||
    (edit.countries.length === 0 && t("countryNeeded")) ||
    (odd[0] && t(`odd.${odd[0].kind}`, { line: odd[0].line, text: odd[0].text }));
  return (
    <Page
      title={rule?.name ?? t("new")}
      lead={rule && rule.queues.length > 0 ? `${t("editing:assign.usedBy")}: ${list(rule.queues)}` : t("lead")}
      actions={<Back to="/numbers" />}
    >
      {!mayEdit && <div className={classes["note"]}>{t("editing:readOnly")}</div>}
      <div className={classes["split"]}>
        <Panel>
          <div className={classes["stack"]}>
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
            <MultiSelect
              label={t("countries")}
              description={t("countriesHint")}
              data={[...names].map(([value, label]) => ({ value, label: `${label} (${value})` }))}
              value={doc.countries}
              onChange={(countries) => draft.change((before) => ({ ...before, countries }))}
              searchable
              clearable={mayEdit}
              hidePickedOptions
              required
              readOnly={!mayEdit}
              maxDropdownHeight={320}
            />
            <Textarea
              label={t("blocked")}
              description={t("blockedHint")}
              value={doc.blocked}
              onChange={(event) => {
                const blocked = event.currentTarget.value;
                draft.change((before) => ({ ...before, blocked }));
              }}
              autosize
              minRows={5}
              maxRows={20}
              spellCheck={false}
              classNames={{ input: classes["mono"] ?? "" }}
              placeholder={"+1900*\n/^\\+1(900|976)/"}
              readOnly={!mayEdit}
              error={odd[0] && t(`odd.${odd[0].kind}`, { line: odd[0].line, text: odd[0].text })}
            />
          </div>
        </Panel>
        <TestBox on={odd.length === 0 && edit.countries.length > 0 ? { rule: edit } : rule && { ruleId: rule.id }} />
      </div>
      {mayEdit && (
        <DraftBar
          draft={draft}
          saving={saving}
          fresh={!rule}
          missing={missing}
          onSave={() => saving.save(edit, draft.seen)}
          forget={forget}
          leave={back}
        />
      )}
    </Page>
  );
}
