// The page begins here: words first, then the application.
import "./theme/mantine";
import "./theme/theme.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { meQuery } from "./api/session";
import { App, queryClient } from "./app";
import { startWords } from "./i18n";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has the element #root");
// Who is here is asked while the words come.
void queryClient.prefetchQuery(meQuery);
await startWords();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
