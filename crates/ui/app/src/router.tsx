// Addresses: every view has one, so that it can be sent to somebody.
import { Suspense, lazy } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { Loading } from "@/parts/states";
import { SCREENS } from "@/screens";
import { Broken, Nowhere } from "@/shell/trouble";
import { Guard } from "@/shell/guard";
import { Shell } from "@/shell/shell";

const routes: RouteObject[] = SCREENS.map((screen) => {
  const Page = lazy(screen.load);
  return {
    path: screen.path === "" ? "/" : `${screen.path}/*`,
    errorElement: <Broken />,
    element: (
      <Guard screen={screen}>
        <Suspense fallback={<Loading />}>
          <Page />
        </Suspense>
      </Guard>
    ),
  };
});

export const router = createBrowserRouter(
  [
    {
      element: <Shell />,
      errorElement: <Broken />,
      children: [...routes, { path: "*", element: <Nowhere /> }],
    },
  ],
  { basename: "/ges" },
);
