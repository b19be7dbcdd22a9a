// Which entries a few typed letters mean: every word must occur, the start of a word counts more.

const plain = (text: string) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export function matching<T extends { label: string }>(entries: readonly T[], query: string): T[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...entries];
  const scored = entries.flatMap((entry) => {
    const label = plain(entry.label);
    let score = 0;
    for (const word of words) {
      const at = label.indexOf(word);
      if (at < 0) return [];
      score += at === 0 ? 3 : /[\s:(]/.test(label[at - 1] ?? "") ? 2 : 1;
    }
    return [{ entry, score }];
  });
  return scored.sort((a, b) => b.score - a.score).map(({ entry }) => entry);
}
