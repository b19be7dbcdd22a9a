// What every screen stands in: look, questions, addresses.
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { RouterProvider } from "react-router";
import { isPassing } from "./api/errors";
import { router } from "./router";
import { makeTheme } from "./theme/theme";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => isPassing(error) && failures < 2,
      retryDelay: (failures) => Math.min(400 * 2 ** failures, 5_000),
      refetchOnWindowFocus: false,
      networkMode: "always",
      staleTime: 5_000,
    },
    mutations: { networkMode: "always" },
  },
});

export function App() {
  const { t } = useTranslation("parts");
  const close = t("close");
  const theme = useMemo(() => makeTheme({ close }), [close]);
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
