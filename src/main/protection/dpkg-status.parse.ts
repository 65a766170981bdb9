/** The installed version of a package from /var/lib/dpkg/status, as upstream numbers it ('1.8.2'); null: not installed. */
export function parsePackageVersion(text: string, name: string): string | null {
  const start = `\n${text}`.indexOf(`\nPackage: ${name}\n`)
  if (start < 0) return null
  const end = text.indexOf('\n\n', start)
  const stanza = text.slice(start, end < 0 ? undefined : end)
  if (!/^Status: \S+ \S+ installed$/m.test(stanza)) return null
  // 'epoch:upstream-revision'
  return /^Version: (?:\d+:)?([^\s-]+)/m.exec(stanza)?.[1] ?? null
}

/** 'unknown' where the text is no version. */
export function isAtLeast(version: string, major: number, minor: number): boolean | 'unknown' {
  const found = /^(\d+)\.(\d+)/.exec(version)
  if (found === null) return 'unknown'
  const [ours, minors] = [Number(found[1]), Number(found[2])]
  return ours > major || (ours === major && minors >= minor)
}
