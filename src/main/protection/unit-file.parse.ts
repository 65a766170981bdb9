/** The settings of a systemd unit file or drop-in; of those given twice the last. Sections are not told apart. */
export function parseUnitSettings(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const line of text.split('\n')) {
    const found = /^([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(line)
    if (found?.[1] !== undefined) settings.set(found[1], found[2] ?? '')
  }
  return settings
}
