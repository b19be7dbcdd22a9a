// The forms that write credentials. Secrets stay in the form, are sent once, and are never kept as a draft.
import { Button, FileButton, NumberInput, PasswordInput, Select, Switch, TagsInput, TextInput, Textarea } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "@/editing/editing.module.css";
import { useErrorText } from "@/parts/errors";
import { done } from "@/parts/notify";
import { type Captcha, type Kind, type Statistics, write } from "./api";
import { readServiceAccount } from "./service-account";

interface WriterProps {
  kind: Kind;
  body: () => object | undefined;
  ready: boolean;
  onDone: () => void;
  children: ReactNode;
}

function Writer({ kind, body, ready, onDone, children }: WriterProps) {
  const { t } = useTranslation(["credentials", "editing"]);
  const errorText = useErrorText();
  const saving = useMutation({
    mutationFn: (what: object) => write(kind, what),
    onSuccess: () => {
      done(t("editing:saved"));
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const what = body();
    if (what) saving.mutate(what);
  };
  return (
    <form className={classes["stack"]} onSubmit={submit} autoComplete="off">
      {children}
      <p className={classes["dim"]}>{t("oneWay")}</p>
      {saving.error && (
        <p className={classes["trouble"]} role="alert">
          {errorText(saving.error)}
        </p>
      )}
      <div className={classes["line"]}>
        <Button type="submit" loading={saving.isPending} disabled={!ready}>
          {t("editing:save")}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t("editing:cancel")}
        </Button>
      </div>
    </form>
  );
}

export function PushForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("credentials");
  const [text, setText] = useState("");
  const read = text === "" ? undefined : readServiceAccount(text);
  const account = read && "account" in read ? read.account : undefined;
  const missing = read && "missing" in read ? read.missing : undefined;
  return (
    <Writer kind="push" body={() => account && { serviceAccount: account }} ready={account !== undefined} onDone={onDone}>
      <Textarea
        label={t("push.file")}
        description={t("push.fileHint")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        minRows={4}
        maxRows={8}
        autosize
        spellCheck={false}
        classNames={{ input: classes["mono"] ?? "" }}
        error={missing && (missing === "json" ? t("push.noJson") : t("push.lacks", { field: missing }))}
      />
      <div className={classes["line"]}>
        <FileButton accept="application/json,.json" onChange={(file) => void file?.text().then(setText)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconUpload size={16} />}>
              {t("push.choose")}
            </Button>
          )}
        </FileButton>
        {account && <span className={classes["dim"]}>{t("push.of", { project: account.project_id })}</span>}
      </div>
    </Writer>
  );
}

const PROVIDERS = ["v2", "v3", "enterprise"] as const;

export function CaptchaForm({ now, onDone }: { now: Captcha | undefined; onDone: () => void }) {
  const { t } = useTranslation("credentials");
  const [form, setForm] = useState({
    provider: now?.provider ?? "v3",
    siteKey: now?.siteKey ?? "",
    secret: "",
    project: now?.project ?? "",
    hostnames: now?.hostnames ?? [],
    minScore: now?.minScore ?? 0.5,
    action: now?.action ?? "",
    failMode: now?.failMode ?? "closed",
    enforce: now?.enforce ?? true,
  });
  const set = (change: Partial<typeof form>) => setForm((before) => ({ ...before, ...change }));
  const scored = form.provider !== "v2";
  const enterprise = form.provider === "enterprise";
  const body = () => ({
    provider: form.provider,
    siteKey: form.siteKey.trim(),
    failMode: form.failMode,
    enforce: form.enforce,
    ...(form.secret ? { secret: form.secret } : {}),
    ...(scored ? { minScore: form.minScore } : {}),
    ...(scored && form.action.trim() ? { action: form.action.trim() } : {}),
    ...(enterprise ? { project: form.project.trim() } : {}),
    hostnames: form.hostnames,
  });
  const configured = now?.configured ?? false;
  const ready =
    form.siteKey.trim() !== "" && (configured || form.secret !== "") && (!enterprise || form.project.trim() !== "");
  return (
    <Writer kind="captcha" body={body} ready={ready} onDone={onDone}>
      <Select
        label={t("captcha.provider")}
        data={PROVIDERS.map((value) => ({ value, label: t(`captcha.providers.${value}`) }))}
        value={form.provider}
        onChange={(provider) => provider && set({ provider })}
        allowDeselect={false}
      />
      <TextInput
        label={t("captcha.siteKey")}
        value={form.siteKey}
        onChange={(event) => set({ siteKey: event.currentTarget.value })}
        required
      />
      {enterprise && (
        <TextInput
          label={t("captcha.project")}
          value={form.project}
          onChange={(event) => set({ project: event.currentTarget.value })}
          required
        />
      )}
      <PasswordInput
        label={enterprise ? t("captcha.apiKey") : t("captcha.secret")}
        description={configured ? t("keepEmpty") : undefined}
        value={form.secret}
        onChange={(event) => set({ secret: event.currentTarget.value })}
        autoComplete="new-password"
        required={!configured}
      />
      {scored && (
        <>
          <NumberInput
            label={t("captcha.minScore")}
            description={t("captcha.minScoreHint")}
            value={form.minScore}
            onChange={(value) => set({ minScore: Number(value) })}
            min={0}
            max={1}
            step={0.1}
            decimalScale={2}
          />
          <TextInput
            label={t("captcha.action")}
            description={t("captcha.actionHint")}
            value={form.action}
            onChange={(event) => set({ action: event.currentTarget.value })}
          />
        </>
      )}
      <TagsInput
        label={t("captcha.hostnames")}
        description={t("captcha.hostnamesHint")}
        value={form.hostnames}
        onChange={(hostnames) => set({ hostnames })}
        maxTags={100}
      />
      <Select
        label={t("captcha.failMode")}
        data={(["closed", "open"] as const).map((value) => ({ value, label: t(`captcha.failModes.${value}`) }))}
        value={form.failMode}
        onChange={(value) => value && set({ failMode: value as "open" | "closed" })}
        allowDeselect={false}
      />
      <Switch
        label={t("captcha.enforce")}
        checked={form.enforce}
        onChange={(event) => set({ enforce: event.currentTarget.checked })}
      />
    </Writer>
  );
}

export function StatisticsForm({ now, onDone }: { now: Statistics | undefined; onDone: () => void }) {
  const { t } = useTranslation("credentials");
  const [userName, setUserName] = useState(now?.userName ?? "");
  const [password, setPassword] = useState("");
  const configured = now?.configured ?? false;
  const ready = userName.trim() !== "" && (configured || password !== "");
  return (
    <Writer
      kind="statistics"
      body={() => ({ userName: userName.trim(), ...(password ? { password } : {}) })}
      ready={ready}
      onDone={onDone}
    >
      <TextInput
        label={t("statistics.userName")}
        value={userName}
        onChange={(event) => setUserName(event.currentTarget.value)}
        autoComplete="off"
        required
      />
      <PasswordInput
        label={t("statistics.password")}
        description={configured ? t("keepEmpty") : undefined}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        autoComplete="new-password"
        required={!configured}
      />
    </Writer>
  );
}
