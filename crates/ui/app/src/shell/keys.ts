// `g` and a letter go somewhere, `?` tells all of it: one hand on the keyboard is enough.
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { live } from "@/api/live";
import { useMay } from "@/api/session";
import { SCREENS } from "@/screens";

const WAIT_MS = 1_200;

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

export function useNavigationKeys(onHelp: () => void) {
  const navigate = useNavigate();
  const may = useMay();
  const latest = useRef({ navigate, may, onHelp });
  latest.current = { navigate, may, onHelp };
  useEffect(() => {
    let waitingUntil = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (document.querySelector("[role=dialog]")) return;
      if (event.key === "?") {
        latest.current.onHelp();
        return;
      }
      if (event.key === "p") {
        if (live.snapshot().state === "paused") live.resume();
        else if (live.snapshot().state === "live") live.pause();
        return;
      }
      const now = Date.now();
      if (now < waitingUntil) {
        waitingUntil = 0;
        const screen = SCREENS.find((one) => one.shortcut === event.key);
        if (screen && latest.current.may(screen.needs)) {
          event.preventDefault();
          event.stopImmediatePropagation();
          void latest.current.navigate(`/${screen.path}`);
        }
        return;
      }
      if (event.key === "g") waitingUntil = now + WAIT_MS;
    };
    window.addEventListener("keydown", pressed, true);
    return () => window.removeEventListener("keydown", pressed, true);
  }, []);
}
