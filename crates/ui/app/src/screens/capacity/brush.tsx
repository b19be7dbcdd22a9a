// What the pointer leaves behind when it is dragged: nothing (it selects), or a number of places.
import { NumberInput } from "@mantine/core";
import { IconPointer } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/parts/format";
import classes from "./grid.module.css";
import { MOST_PLACES } from "./plan";

interface BrushProps {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}

const USUAL = [0, 1, 2, 3, 5, 10];

export function Brush({ value, onChange }: BrushProps) {
  const { t } = useTranslation("capacity");
  const { number } = useFormat();
  const [own, setOwn] = useState<number>(20);
  return (
    <div className={classes["brush"]} role="group" aria-label={t("brush.label")}>
      <button type="button" data-brush aria-pressed={value === undefined} onClick={() => onChange(undefined)}>
        <IconPointer size={14} aria-hidden style={{ verticalAlign: "-2px" }} /> {t("brush.select")}
      </button>
      {USUAL.map((places) => (
        <button
          key={places}
          type="button"
          data-brush
          aria-pressed={value === places}
          aria-label={t("brush.paint", { n: number(places) })}
          onClick={() => onChange(places)}
        >
          {number(places)}
        </button>
      ))}
      <NumberInput
        aria-label={t("brush.own")}
        value={own}
        onChange={(next) => {
          const places = Number(next) || 0;
          setOwn(places);
          onChange(places);
        }}
        onFocus={() => onChange(own)}
        min={0}
        max={MOST_PLACES}
        w={84}
        clampBehavior="strict"
      />
    </div>
  );
}
