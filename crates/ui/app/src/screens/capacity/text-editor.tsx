// The short-hand as text: checked while it is typed. What this page cannot read, the service may (older notations).
import { Button, Textarea } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isRefused } from "@/api/errors";
import { Copy } from "@/parts/copy";
import classes from "@/editing/editing.module.css";
import { parse } from "./api";
import { type Plan, planOf, readText, writeText } from "./plan";

interface TextEditorProps {
  plan: Plan;
  onChange: ((plan: Plan) => void) | undefined;
}

export function TextEditor({ plan, onChange }: TextEditorProps) {
  const { t } = useTranslation("capacity");
  const written = writeText(plan);
  const [text, setText] = useState(written);
  const found = readText(text, plan.slotMinutes);
  const trouble = "trouble" in found ? found.trouble : undefined;
  const [slow] = useDebouncedValue(text, 500);
  const asked = useQuery({
    queryKey: ["capacity-parse", slow, plan.slotMinutes],
    queryFn: () => parse(slow, plan.slotMinutes),
    enabled: trouble !== undefined && slow === text && slow.trim() !== "",
    retry: false,
    staleTime: Infinity,
  });
  const theirs = trouble && slow === text ? asked.data : undefined;
  const understood = trouble === undefined || theirs !== undefined;
  const said = trouble && isRefused(asked.error) && slow === text ? asked.error.message : undefined;
  const type = (next: string) => {
    setText(next);
    const read = readText(next, plan.slotMinutes);
    if (!("trouble" in read)) onChange?.(read);
  };
  const where = trouble?.line === undefined ? "" : t("text.where", { line: trouble.line, column: trouble.column ?? 1 });
  return (
    <div className={classes["stack"]}>
      <div className={classes["line"]}>
        <p className={classes["dim"]} style={{ flex: 1 }}>
          {t("text.lead")}
        </p>
        <Copy text={text} />
      </div>
      <Textarea
        label={t("text.label")}
        value={text}
        onChange={(event) => type(event.currentTarget.value)}
        readOnly={!onChange}
        autosize
        minRows={8}
        maxRows={24}
        spellCheck={false}
        classNames={{ input: classes["mono"] ?? "" }}
        error={trouble && !theirs}
        aria-describedby="shorthand-check"
      />
      <div id="shorthand-check" role="status">
        {understood ? (
          <div className={classes["note"]} data-good>
            <IconCheck size={16} />
            {theirs ? t("text.other") : t("text.fine")}
            {theirs && onChange && (
              <Button
                size="compact-xs"
                onClick={() => {
                  const next = planOf(theirs.rule);
                  onChange(next);
                  setText(writeText(next));
                }}
              >
                {t("text.take")}
              </Button>
            )}
          </div>
        ) : (
          <div className={classes["note"]} data-bad>
            <IconAlertTriangle size={16} />
            <span>
              {t(`trouble.${trouble.kind}`, { word: trouble.word, slotMinutes: plan.slotMinutes })} {where}
              {said && (
                <>
                  <br />
                  {t("text.service")} {said}
                </>
              )}
            </span>
          </div>
        )}
      </div>
      {onChange && understood && text !== written && (
        <div>
          <Button variant="default" size="compact-xs" onClick={() => setText(written)}>
            {t("text.shorten")}
          </Button>
        </div>
      )}
    </div>
  );
}
