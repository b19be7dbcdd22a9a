// A new callback for somebody who asked for one.
import { Button, Drawer, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { servicesQuery } from "@/api/queries";
import type { BookedByHand } from "@/api/schema";
import type { CallbackRow, ServiceRow } from "@/api/types";
import { useDraft } from "@/parts/draft";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done } from "@/parts/notify";
import { SlotPicker } from "@/parts/slot-picker";
import { Answer } from "@/parts/states";
import { useCreate } from "./changes";
import { DataEditor, type Pairs, fromPairs } from "./data-editor";
import classes from "./callbacks.module.css";

interface CreateProps {
  onClose: () => void;
  onDone: (row: CallbackRow) => void;
}

interface Typed {
  service: string | null;
  phone: string;
  when: "now" | "slot";
  slot?: string;
  data: Pairs;
}

const NOTHING: Typed = { service: null, phone: "", when: "now", data: [] };

export default function Create({ onClose, onDone }: CreateProps) {
  const { t } = useTranslation("callbacks");
  const services = useQuery(servicesQuery);
  return (
    <Drawer opened onClose={onClose} title={t("create.title")} position="right" size={560}>
      <Answer query={services} small>
        {(data) => <Form services={data.services.filter((one) => !one.retired)} onClose={onClose} onDone={onDone} />}
      </Answer>
    </Drawer>
  );
}

function Form({ services, onClose, onDone }: CreateProps & { services: ServiceRow[] }) {
  const { t } = useTranslation("callbacks");
  const { t: parts } = useTranslation("parts");
  const format = useFormat();
  const errorText = useErrorText();
  const draft = useDraft<Typed>("callback-new", NOTHING);
  const { value, set } = draft;
  // One key for one form: pressing twice, or again after a lost answer, books once.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const create = useCreate();
  const service = services.find((one) => one.name === value.service) ?? (services.length === 1 ? services[0] : undefined);
  const when = service && !service.immediate ? "slot" : service && !service.scheduled ? "now" : value.when;
  const ready = service !== undefined && value.phone.trim() !== "" && (when === "now" || value.slot !== undefined);
  const change = (more: Partial<Typed>) => {
    set((before) => ({ ...before, ...more }));
    // Another request is another key.
    if (create.isError) setKey(crypto.randomUUID());
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const booking: BookedByHand = {
      serviceName: service.name,
      phoneNumber: value.phone.trim(),
      ...(when === "slot" && value.slot ? { desiredTime: value.slot } : {}),
      ...(value.data.length > 0 ? { userData: fromPairs(value.data) } : {}),
    };
    create.mutate(
      { booking, key },
      {
        onSuccess: (row) => {
          draft.clear(NOTHING);
          done(t("create.done", { number: row.phoneNumber, time: format.inText(row.desiredTime) }));
          onDone(row);
        },
      },
    );
  };
  return (
    <form className={classes["form"]} onSubmit={submit}>
      {draft.restored && (
        <p className={classes["dim"]}>
          {parts("draft.restored")}{" "}
          <Button size="compact-xs" variant="subtle" onClick={() => draft.clear(NOTHING)}>
            {parts("draft.discard")}
          </Button>
        </p>
      )}
      <Select
        label={t("columns.serviceName")}
        data={services.map((one) => ({ value: one.name, label: one.emergency ? t("create.closed", { service: one.name }) : one.name }))}
        value={service?.name ?? null}
        onChange={(name) => set(({ slot: _, ...before }) => ({ ...before, service: name }))}
        searchable
        required
        withAsterisk={false}
        data-autofocus
      />
      <TextInput
        label={t("columns.phoneNumber")}
        type="tel"
        autoComplete="off"
        placeholder="+1 202 555 0123"
        value={value.phone}
        onChange={(event) => change({ phone: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      <SegmentedControl
        value={when}
        onChange={(next) => change({ when: next as "now" | "slot" })}
        aria-label={t("create.when")}
        data={[
          { value: "now", label: t("create.now"), disabled: service !== undefined && !service.immediate },
          { value: "slot", label: t("create.slot"), disabled: service !== undefined && !service.scheduled },
        ]}
      />
      {when === "slot" &&
        (service ? (
          <SlotPicker service={service.name} zone={service.zone} value={value.slot} onChange={(slot) => change({ slot })} />
        ) : (
          <p className={classes["dim"]}>{t("create.serviceFirst")}</p>
        ))}
      <DataEditor pairs={value.data} onChange={(data) => change({ data })} />
      {create.isError && (
        <div role="alert" className={classes["wrong"]}>
          {errorText(create.error)}
        </div>
      )}
      <div className={classes["buttons"]}>
        <Button variant="default" onClick={onClose}>
          {t("back")}
        </Button>
        <Button type="submit" disabled={!ready} loading={create.isPending}>
          {when === "slot" && value.slot && service
            ? t("create.at", { time: format.inText(value.slot, service.zone) })
            : t("create.submit")}
        </Button>
      </div>
    </form>
  );
}
