// Signing in: by name and password where the service keeps people itself, else at the contact centre's own door.
import { Button, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconLogin2 } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { WRONG_PASSWORD, isRefused } from "@/api/errors";
import { signInQuery, useSignIn } from "@/api/session";
import { address } from "@/api/client";
import type { Me } from "@/api/types";
import { LANGUAGES, type Language, changeLanguage } from "@/i18n";
import { useErrorText } from "@/parts/errors";
import { Failing, Loading } from "@/parts/states";
import { SCHEMES, useScheme } from "@/theme/scheme";
import classes from "./shell.module.css";


export function SignIn({ onDone }: { onDone: (me: Me) => void }) {
  const { t } = useTranslation("shell");
  return (
    <main className={classes["door"]}>
      <div className={classes["card"]}>
        <img src="/ges/favicon.svg" width={40} height={40} alt="" />
        <h1>{t("signIn.title")}</h1>
        <p>{t("signIn.lead")}</p>
        <SignInForm onDone={onDone} />
      </div>
      <div className={classes["doorfoot"]}>
        <Choices />
      </div>
    </main>
  );
}

/** Plain fields: the menus of the frame would weigh more than all of this page. */
function Choices() {
  const { t, i18n } = useTranslation("shell");
  const { colorScheme, setColorScheme } = useScheme();
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label={t("language")}
        value={i18n.language}
        data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
        onChange={(event) => void changeLanguage(event.currentTarget.value as Language)}
      />
      <NativeSelect
        size="xs"
        aria-label={t("theme.label")}
        value={colorScheme}
        data={SCHEMES.map((scheme) => ({ value: scheme, label: t(`theme.${scheme}`) }))}
        onChange={(event) => setColorScheme(event.currentTarget.value as (typeof SCHEMES)[number])}
      />
    </>
  );
}

interface SignInFormProps {
  onDone: (me: Me) => void;
  userName?: string;
  tenant?: string;
}

export function SignInForm({ onDone, userName: known = "", tenant }: SignInFormProps) {
  const { t } = useTranslation("shell");
  const options = useQuery(signInQuery);
  const signIn = useSignIn();
  const errorText = useErrorText();
  const [userName, setUserName] = useState(known);
  const [password, setPassword] = useState("");

  if (options.isPending) return <Loading />;
  if (options.isError) return <Failing error={options.error} retry={() => void options.refetch()} />;
  if (options.data.kind === "gauth") {
    const back = window.location.pathname + window.location.search;
    return (
      <Button
        component="a"
        href={address("sign-in/start", { return: back })}
        leftSection={<IconLogin2 size={18} />}
        size="sm"
        fullWidth
        classNames={{ root: classes["long"] ?? "", label: classes["longLabel"] ?? "" }}
      >
        {t("signIn.gauth")}
      </Button>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const credentials = { userName, password, ...(tenant ? { tenant } : {}) };
    signIn.mutate(credentials, {
      onSuccess: onDone,
      onSettled: () => setPassword(""),
    });
  };
  const wrong = isRefused(signIn.error, WRONG_PASSWORD) ? t("signIn.wrong") : signIn.error && errorText(signIn.error);
  return (
    <form className={classes["form"]} onSubmit={submit}>
      {wrong && (
        <div role="alert" className={classes["wrong"]}>
          {wrong}
        </div>
      )}
      <TextInput
        label={t("signIn.userName")}
        name="userName"
        autoComplete="username"
        value={userName}
        onChange={(event) => setUserName(event.currentTarget.value)}
        required
        withAsterisk={false}
        data-autofocus={known === "" || undefined}
        autoFocus={known === ""}
        size="sm"
      />
      <PasswordInput
        label={t("signIn.password")}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
        data-autofocus={known !== "" || undefined}
        size="sm"
      />
      <Button type="submit" size="sm" loading={signIn.isPending} fullWidth>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}
