// The frame: who is signed in decides what it shows. A session that ends leaves the screen, and its drafts, standing.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Suspense, lazy, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useLocation } from "react-router";
import { watchAnswers } from "@/api/client";
import { SIGNED_OUT, isRefused } from "@/api/errors";
import { live } from "@/api/live";
import { ME, meQuery } from "@/api/session";
import type { Me } from "@/api/types";
import { ConfirmHost } from "@/parts/confirm";
import { Failing, Loading } from "@/parts/states";
import { useCommandKeys } from "./commands";
import { useNavigationKeys } from "./keys";
import { Navigation } from "./navigation";
import { SignIn, SignInForm } from "./sign-in";
import { TopBar } from "./top-bar";
import classes from "./shell.module.css";

const Palette = lazy(() => import("./palette"));
const Shortcuts = lazy(() => import("./shortcuts"));

export function Shell() {
  const me = useQuery(meQuery);
  const client = useQueryClient();
  const [expired, setExpired] = useState(false);
  const [reached, setReached] = useState(true);
  const known = useRef<Me | undefined>(undefined);
  if (me.data) known.current = me.data;

  useEffect(() => {
    watchAnswers({ signedOut: () => setExpired(true), reached: setReached });
  }, []);

  if (me.isPending) return <Loading full />;
  if (!known.current) {
    if (isRefused(me.error) && me.error.status === 401) {
      return <SignIn onDone={() => setExpired(false)} />;
    }
    return (
      <main className={classes["alone"]}>
        <Failing error={me.error} retry={() => void me.refetch()} />
      </main>
    );
  }
  const back = (signedIn: Me) => {
    const same = signedIn.userName === known.current?.userName && signedIn.tenant.id === known.current.tenant.id;
    if (!same) {
      window.location.reload();
      return;
    }
    setExpired(false);
    client.setQueryData(ME, signedIn);
    void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
    live.retryNow();
  };
  return <Frame me={known.current} expired={expired} reached={reached} onBack={back} />;
}

interface FrameProps {
  me: Me;
  expired: boolean;
  reached: boolean;
  onBack: (me: Me) => void;
}

function Frame({ me, expired, reached, onBack }: FrameProps) {
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

/** For screens that ask by themselves: whether an error says that the session is over. */
export const saysSignedOut = (error: unknown) => isRefused(error, SIGNED_OUT);
