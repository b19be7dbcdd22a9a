// The frame: who is signed in decides what it shows. A session that ends leaves the screen, and its drafts, standing.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, lazy, useEffect, useRef, useState } from "react";
import { watchAnswers } from "@/api/client";
import { isRefused } from "@/api/errors";
import { live } from "@/api/live";
import { ME, meQuery } from "@/api/session";
import type { Me } from "@/api/types";
import { Failing, Loading } from "@/parts/states";
import { SignIn } from "./sign-in";
import classes from "./shell.module.css";

const Frame = lazy(() => import("./frame"));

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
  return (
    <Suspense fallback={<Loading full />}>
      <Frame me={known.current} expired={expired} reached={reached} onBack={back} />
    </Suspense>
  );
}
