// What stands around the screens once somebody is signed in. Loaded then: who signs in first should not wait for it.
import { Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Suspense, lazy, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useLocation } from "react-router";
import { live, useLiveState } from "@/api/live";
import { useNudged } from "@/api/nudged";
import { CATALOGUE } from "@/api/queries";
import { ME } from "@/api/session";
import type { Me } from "@/api/types";
import { ConfirmHost } from "@/parts/confirm";
import { Loading } from "@/parts/states";
import { useCommandKeys } from "./commands";
import { useNavigationKeys } from "./keys";
import { Navigation } from "./navigation";
import { SignInForm } from "./sign-in";
import { TopBar } from "./top-bar";
import classes from "./shell.module.css";

const Palette = lazy(() => import("./palette"));
const News = lazy(() => import("@/parts/news"));
const Shortcuts = lazy(() => import("./shortcuts"));

interface FrameProps {
  me: Me;
  expired: boolean;
  reached: boolean;
  onBack: (me: Me) => void;
}

export default function Frame({ me, expired, reached, onBack }: FrameProps) {
  const { t } = useTranslation("shell");
  const client = useQueryClient();
  const [navigation, setNavigation] = useState(false);
  const [palette, setPalette] = useState(false);
  const [shortcuts, setShortcuts] = useState(false);
  const location = useLocation();
  const wall = new URLSearchParams(location.search).get("wall") === "1";

  useEffect(() => {
    live.start();
    return () => live.stop();
  }, []);
  useEffect(() => setNavigation(false), [location.pathname]);
  // Somebody published, or saved a rule: what is edited here keeps its draft and the revision that it began with.
  useNudged(["settings"], 1_000, () => {
    for (const name of CATALOGUE) void client.invalidateQueries({ queryKey: [name] });
  });
  // The stream broke: the service may be gone, or the session over. Asking tells which.
  const cut = useLiveState().state === "down";
  useEffect(() => {
    if (cut) void client.refetchQueries({ queryKey: ME });
  }, [cut, client]);
  // A service that does not answer is asked until it does.
  useEffect(() => {
    if (reached) return;
    const timer = setInterval(() => void client.refetchQueries({ queryKey: ME }), 3_000);
    return () => {
      clearInterval(timer);
      void client.invalidateQueries({ predicate: (query) => query.state.status === "error" });
    };
  }, [reached, client]);

  useNavigationKeys(() => setShortcuts(true));
  useCommandKeys();
  useHotkeys([["mod+K", () => setPalette(true)]], []);

  return (
    <div className={classes["frame"]} data-wall={wall || undefined}>
      <a className={classes["skip"]} href="#main">
        {t("skip")}
      </a>
      {!wall && (
        <>
          <TopBar onMenu={() => setNavigation((open) => !open)} onPalette={() => setPalette(true)} me={me} />
          <Navigation open={navigation} onClose={() => setNavigation(false)} />
        </>
      )}
      <main id="main" className={classes["main"]} tabIndex={-1}>
        {!reached && (
          <div role="status" className={classes["gone"]}>
            {t("gone")}
          </div>
        )}
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Suspense fallback={null}>
        <News />
        {palette && <Palette onClose={() => setPalette(false)} onShortcuts={() => setShortcuts(true)} />}
        {shortcuts && <Shortcuts onClose={() => setShortcuts(false)} />}
      </Suspense>
      <ConfirmHost />
      <Modal
        opened={expired}
        onClose={() => undefined}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        title={t("expired.title")}
        zIndex={500}
        centered
      >
        <p className={classes["expired"]}>{t("expired.text")}</p>
        <SignInForm onDone={onBack} userName={me.userName} tenant={me.tenant.id} />
      </Modal>
    </div>
  );
}
