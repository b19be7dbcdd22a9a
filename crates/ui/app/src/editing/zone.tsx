// A zone of the world, by its name.
import { Select } from "@mantine/core";
import { useMemo } from "react";

interface ZoneProps {
  label: string;
  value: string;
  onChange: (zone: string) => void;
  readOnly?: boolean;
}

export function Zone({ label, value, onChange, readOnly = false }: ZoneProps) {
  const zones = useMemo(() => [...new Set(["UTC", value, ...Intl.supportedValuesOf("timeZone")])], [value]);
  return (
    <Select
      label={label}
      data={zones}
      value={value}
      onChange={(zone) => zone && onChange(zone)}
      searchable
      limit={80}
      allowDeselect={false}
      readOnly={readOnly}
    />
  );
}
