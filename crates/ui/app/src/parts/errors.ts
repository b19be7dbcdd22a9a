// Refusals in the person's language: by code where we have words for it, else as the service put it.
import { useTranslation } from "react-i18next";
import { Refused, Unreachable } from "@/api/errors";

export function useErrorText(): (error: unknown) => string {
  const { t, i18n } = useTranslation("parts");
  return (error) => {
    if (error instanceof Unreachable) return t("states.goneText");
    if (error instanceof Refused) {
      const key = `codes.${error.code}`;
      // Complaints about fields name the fields: only the service can say which.
      const generic = error.code === 40000 || error.code === 40001;
      if (!generic && i18n.exists(key, { ns: "parts" })) return t(key);
      return error.message;
    }
    return error instanceof Error ? error.message : String(error);
  };
}
