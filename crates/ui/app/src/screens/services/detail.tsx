// One service: read where Designer rules, edited where it was made here, closed at once in an emergency.
import { Button, TextInput } from "@mantine/core";
import { IconAlertOctagon, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { remove } from "@/api/client";
import { isRefused } from "@/api/errors";
import { servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import { useDocumentDraft } from "@/editing/draft-of";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { SaveBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { Guarded } from "@/parts/guarded";
import { done, failed } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer, Failing, Loading } from "@/parts/states";
import { type ServiceDetail, saveService, serviceQuery } from "./api";
import { Emergency } from "./emergency";
import { NEW, type Settings, faults } from "./fields";
import { Offered } from "./services";
import { SettingsFacts, SettingsForm } from "./settings-form";

export default function Detail() {
  const { name = "" } = useParams();
  const service = useQuery(serviceQuery(name));
  if (service.data) return <Found key={name} service={service.data} />;
  if (isRefused(service.error) && service.error.status === 404) return <Gone back="/services" />;
  if (service.isError) return <Failing error={service.error} retry={() => void service.refetch()} />;
  return <Loading />;
}

function Found({ service }: { service: ServiceDetail }) {
  const { t } = useTranslation(["services", "editing"]);
  const navigate = useNavigate();
  const client = useQueryClient();
  const errorText = useErrorText();
  const may = useMay();
  const here = service.managedBy === "here";
  const [editing, setEditing] = useState(false);
  const deleting = useMutation({
    mutationFn: () => remove(`services/${encodeURIComponent(service.name)}`, { ifMatch: service.revision }),
    onSuccess: () => {
      done(t("editing:removed"));
      void client.invalidateQueries({ queryKey: ["services"] });
      void navigate("/services");
    },
    onError: (error) => failed(errorText(error)),
  });
  const ask = async () => {
    const sure = await confirm({
      title: t("editing:removeTitle", { name: service.name }),
      text: t("removeText"),
      act: t("editing:remove"),
      danger: true,
      typed: service.name,
    });
    if (sure) deleting.mutate();
  };
  return (
    <Page
      title={service.name}
      lead={`${t("queue")}: ${service.virtualQueue} · ${t("managedBy")}: ${t(`managed.${service.managedBy}`)}`}
      actions={
        <>
          <Emergency name={service.name} on={service.emergency} />
          {may("ges.service.edit") && (
            <>
              <Guarded reason={!here && t("designerRules")}>
                <Button
                  variant={editing ? "filled" : "default"}
                  leftSection={<IconPencil size={16} />}
                  aria-pressed={editing}
                  onClick={() => setEditing(!editing)}
                >
                  {t("editing:edit")}
                </Button>
              </Guarded>
              <Guarded reason={!here && t("designerRules")}>
                <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => void ask()}>
                  {t("editing:remove")}
                </Button>
              </Guarded>
            </>
          )}
          <Back to="/services" />
        </>
      }
    >
      {service.emergency && (
        <div className={classes["note"]} data-bad role="status">
          <IconAlertOctagon size={18} /> {t("emergency.banner")}
        </div>
      )}
      {!here && <div className={classes["note"]}>{t("designerRules")}</div>}
      {!service.emergency && (
        <div>
          <Offered service={service} />
        </div>
      )}
      {editing ? (
        <Form
          name={service.name}
          stored={service.settings}
          revision={service.revision}
          onDone={() => setEditing(false)}
        />
      ) : (
        <SettingsFacts settings={service.settings} />
      )}
    </Page>
  );
}

interface FormProps {
  name: string;
  stored: Settings;
  revision: number;
  onDone: (saved: boolean) => void;
  fresh?: boolean;
}

function Form({ name, stored, revision, onDone, fresh = false }: FormProps) {
  const { t, i18n } = useTranslation(["services", "editing"]);
  const client = useQueryClient();
  const draft = useDocumentDraft<Settings>(fresh ? "service-new" : `service-${name}`, stored, revision);
  const odd = faults(draft.doc);
  const label = (path: string) => {
    const key = `fields.${path.replaceAll(".", "-")}`;
    return i18n.exists(key, { ns: "services" }) ? t(key) : path;
  };
  const forget = (saved: boolean) => {
    draft.clear({ seen: revision, doc: stored });
    void client.invalidateQueries({ queryKey: ["services"] });
    onDone(saved);
  };
  const saving = useSaving<Settings, unknown>({
    send: (mine, seen) => saveService(name, mine, seen),
    onSaved: () => {
      forget(true);
      done(t("editing:saved"));
    },
    onTheirs: () => forget(false),
    edited: (now) => (now["settings"] ?? now) as object,
    label,
  });
  return (
    <>
      <SettingsForm settings={draft.doc} onChange={draft.change} faults={draft.changed ? odd : []} />
      <SaveBar
        changed={draft.changed}
        always
        restored={draft.restored}
        pending={saving.pending}
        missing={
          fresh && !/^[\w.-]{1,255}$/.test(name)
            ? t("nameShape")
            : draft.changed && odd[0] && t("odd", { field: label(odd[0]) })
        }
        trouble={saving.trouble}
        onSave={() => saving.save(draft.doc, draft.seen)}
        onDiscard={() => forget(false)}
      />
      {saving.conflict}
    </>
  );
}

export function NewService() {
  const { t } = useTranslation(["services", "editing"]);
  const services = useQuery(servicesQuery);
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const stored = useMemo(() => NEW, []);
  return (
    <Page title={t("new")} lead={t("newLead")} actions={<Back to="/services" />}>
      <Answer query={services}>
        {(data) => (
          <>
            <Panel>
              <div className={classes["form"]}>
                <TextInput
                  label={t("editing:name")}
                  description={t("nameShape")}
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                  maxLength={255}
                  required
                  error={data.services.some((one) => one.name === name) && t("nameTaken")}
                />
              </div>
            </Panel>
            <Form
              fresh
              name={name}
              stored={stored}
              revision={data.revision}
              onDone={(saved) =>
                void navigate(saved ? `/services/named/${encodeURIComponent(name)}` : "/services", { replace: true })
              }
            />
          </>
        )}
      </Answer>
    </Page>
  );
}
