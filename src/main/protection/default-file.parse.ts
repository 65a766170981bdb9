/**
 * One variable of a file of /etc/default as systemd reads it (EnvironmentFile), split into words; null where it is
 * not set. The last assignment counts.
 */
export function parseDefaultFile(text: string, name: string): readonly string[] | null {
  let value: string | null = null
  for (const line of text.replaceAll('\\\n', '').split('\n')) {
    const found = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line)
    if (found?.[1] === name) value = unquoted((found[2] ?? '').trim())
  }
  return value === null ? null : words(value)
}

function unquoted(text: string): string {
  const quote = text.charAt(0)
  return (quote === '"' || quote === "'") && text.length > 1 && text.endsWith(quote)
    ? text.slice(1, -1)
    : text
}

/** Blanks part words, except inside quotes. */
const words = (text: string): readonly string[] =>
  [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''))
