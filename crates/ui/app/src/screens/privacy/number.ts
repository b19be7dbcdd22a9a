// A number as it is asked for, and the file that it is saved as. The file's name bears only its last digits.

/** The number without its decoration; nothing if it cannot be one with its country. */
export function plainNumber(text: string): string | undefined {
  const plain = text.replace(/[\s().-]/g, "");
  return /^\+[1-9]\d{5,14}$/.test(plain) ? plain : undefined;
}

export const fileNameOf = (number: string, now: Date) =>
  `ges-number-${number.slice(-2)}-${now.toISOString().slice(0, 10)}.json`;

/** Hands a text to the browser as a file. */
export function saveAs(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
