// A neighbour by its name for people, and where it is: the service says `ors http://…`.
import { useTranslation } from "react-i18next";

export function useNeighbour(): (name: string) => { system: string; where: string } {
  const { t } = useTranslation("parts");
  return (name) => {
    const [system = "", ...where] = name.split(" ");
    return { system: t(`neighbours.${system}`, { defaultValue: system }), where: where.join(" ") };
  };
}
