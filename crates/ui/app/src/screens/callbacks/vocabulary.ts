// The words of the filter in the person's language.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { queuesQuery, servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import { useFormat } from "@/parts/format";
import { useStateText } from "@/parts/state-badge";
import type { Span } from "./filter";
import type { Vocabulary } from "./words";

export const REASONS = [
  "AGENT_CONNECTED",
  "CANCELLED",
  "CUSTOMER_CALLED_IN",
  "FAIL_TIMEOUT_TTL",
  "FAIL_CALL_TO_CUSTOMER",
  "FAIL_AGENT_CONNECT",
  "FAIL_SUBMIT",
  "FAIL_SESSION_LOST",
  "FAIL_QUEUEING",
  "FAIL_ERROR",
  "RESCHEDULE_LIMIT",
  "NOT_AVAILABLE",
];

export function useVocabulary(): Vocabulary {
  const { t } = useTranslation("callbacks");
  const text = useStateText();
  const format = useFormat();
  const may = useMay();
  const services = useQuery({ ...servicesQuery, enabled: may("ges.service.view") });
  const queues = useQuery({ ...queuesQuery, enabled: may("ges.queue.view") });
  const serviceNames = services.data?.services.map((one) => one.name).join("\n") ?? "";
  const queueNames = queues.data?.queues.map((one) => one.queue).join("\n") ?? "";
  return useMemo(() => {
    const span = (prefix: "desired" | "created") => (one: Span) => {
      const [from, to] = one.split("..");
      if (!from || !to) return t(`${prefix}.${one}`);
      const days = from === to ? format.dayName(from) : `${format.dayName(from)} – ${format.dayName(to)}`;
      return t(`${prefix}.days`, { days });
    };
    return {
      services: serviceNames === "" ? [] : serviceNames.split("\n"),
      queues: queueNames === "" ? [] : queueNames.split("\n"),
      reasons: REASONS,
      state: text.state,
      open: t("open"),
      reason: text.reason,
      kind: (kind) => t(`kinds.${kind}`),
      desired: span("desired"),
      created: span("created"),
      number: (number) => t("number", { number }),
    };
    // The texts change with the language, which `t` and `format` change with.
  }, [t, format, serviceNames, queueNames]);
}
