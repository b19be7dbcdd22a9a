// The file that the push service gives out: what must be in it, and what may be shown of it.

export interface ServiceAccount {
  project_id: string;
  client_email: string;
  private_key: string;
}

/** Reads the file's text; says what is missing, never what is in it. */
export function readServiceAccount(text: string): { account: ServiceAccount } | { missing: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { missing: "json" };
  }
  if (typeof document !== "object" || document === null) return { missing: "json" };
  const fields = document as Record<string, unknown>;
  for (const name of ["project_id", "client_email", "private_key"]) {
    if (typeof fields[name] !== "string" || fields[name] === "") return { missing: name };
  }
  return { account: document as ServiceAccount };
}
