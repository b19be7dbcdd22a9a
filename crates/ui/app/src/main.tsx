// The page begins here: words first, then the application.
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./theme/theme.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { startWords } from "./i18n";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has the element #root");
await startWords();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
