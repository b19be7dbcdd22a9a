// The keys with which programs book: by name, each shown once.
import { Button, Modal, TextInput } from "@mantine/core";
import { IconPasswordFingerprint, IconPlus } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post, remove } from "@/api/client";
import { CHANGED_MEANWHILE, isRefused } from "@/api/errors";
import type { Key, Keys, MadeKey } from "@/api/schema";
import classes from "@/editing/editing.module.css";
import { Once } from "@/editing/once";
import { Rows } from "@/editing/rows";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { Guarded } from "@/parts/guarded";
import { done, failed } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { When } from "@/parts/when";
import { useCommands } from "@/shell/commands";


const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => get<Keys>("api-keys", undefined, signal),
});

export default function ApiKeys() {
  const { t } = useTranslation(["api-keys", "editing"]);
  const client = useQueryClient();
  const errorText = useErrorText();
  const keys = useQuery(keysQuery);
  const [naming, setNaming] = useState(false);
  const [made, setMade] = useState<string>();
  const writable = keys.data?.writable ?? false;
  const refresh = () => client.invalidateQueries({ queryKey: ["api-keys"] });
  const deleting = useMutation({
    mutationFn: (name: string) => remove(`api-keys/${encodeURIComponent(name)}`),
    onSuccess: () => done(t("removed")),
    onError: (error) => failed(errorText(error)),
    onSettled: refresh,
  });
  const ask = async (name: string) => {
    const sure = await confirm({
      title: t("removeTitle", { name }),
      text: t("removeText"),
      act: t("remove"),
      danger: true,
      typed: name,
    });
    if (sure) deleting.mutate(name);
  };
  useCommands(writable ? [{ id: "key-new", label: t("new"), key: "n", run: () => setNaming(true) }] : []);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        keys.data && (
          <Guarded reason={!writable && t("notWritable")}>
            <Button leftSection={<IconPlus size={16} />} onClick={() => setNaming(true)}>
              {t("new")}
            </Button>
          </Guarded>
        )
      }
    >
      <Answer query={keys}>
        {(data) => (
          <>
            {!data.writable && <div className={classes["note"]}>{t("notWritable")}</div>}
            <Panel flush>
              {data.keys.length === 0 ? (
                <Empty icon={<IconPasswordFingerprint size={28} />} title={t("empty")} text={t("emptyText")} />
              ) : (
                <Rows<Key>
                  label={t("title")}
                  rows={data.keys}
                  rowKey={(key) => key.name}
                  columns={[
                    { key: "name", label: t("editing:name"), head: true, cell: (key) => key.name },
                    { key: "made", label: t("made"), cell: (key) => <When at={key.madeAt} /> },
                    { key: "used", label: t("used"), cell: (key) => <When at={key.lastUsedAt} /> },
                    { key: "by", label: t("by"), cell: (key) => key.by ?? "–" },
                    data.writable && {
                      key: "actions",
                      label: t("editing:actions"),
                      quiet: true,
                      num: true,
                      cell: (key) => (
                        <Button
                          variant="default"
                          size="compact-xs"
                          onClick={() => void ask(key.name)}
                          aria-label={`${t("remove")}: ${key.name}`}
                        >
                          {t("remove")}
                        </Button>
                      ),
                    },
                  ]}
                />
              )}
            </Panel>
          </>
        )}
      </Answer>
      {naming && (
        <NewKey
          taken={keys.data?.keys.map((key) => key.name) ?? []}
          onClose={() => setNaming(false)}
          onMade={(key) => {
            setNaming(false);
            setMade(key);
            void refresh();
          }}
        />
      )}
      <Once title={t("onceTitle")} secret={made} onClose={() => setMade(undefined)} />
    </Page>
  );
}

interface NewKeyProps {
  taken: readonly string[];
  onClose: () => void;
  onMade: (key: string) => void;
}

function NewKey({ taken, onClose, onMade }: NewKeyProps) {
  const { t } = useTranslation(["api-keys", "editing"]);
  const errorText = useErrorText();
  const [name, setName] = useState("");
  const making = useMutation({
    mutationFn: () => post<MadeKey>("api-keys", { name: name.trim() }),
    onSuccess: ({ key }) => onMade(key),
  });
  const twice = taken.includes(name.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "" && !twice) making.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={t("new")} centered>
      <form className={classes["stack"]} onSubmit={submit}>
        <TextInput
          label={t("editing:name")}
          description={t("nameHint")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          data-autofocus
          error={twice || isRefused(making.error, CHANGED_MEANWHILE) ? t("nameTaken") : making.error ? errorText(making.error) : undefined}
        />
        <div className={classes["end"]}>
          <Button variant="default" onClick={onClose}>
            {t("editing:cancel")}
          </Button>
          <Button type="submit" loading={making.isPending} disabled={name.trim() === "" || twice}>
            {t("make")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
