/** Pages of this process that may be locked; a start beyond 2^53 does not exist on 47- and 48-bit address spaces. */
export interface PageRange {
  readonly start: number
  readonly bytes: number
}

/** `start-end perms offset dev inode path`, see proc_pid_maps(5). */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(\/.*|\[stack\]|\[heap\])$/gm

/** What a file backs, and the C stack and heap; never anonymous mappings, which V8 gives back page by page. */
export function lockableRanges(maps: string): readonly PageRange[] {
  const ranges: PageRange[] = []
  for (const [, from = '', to = '', permissions = ''] of maps.matchAll(MAPPING)) {
    if (!permissions.startsWith('r')) continue
    const start = Number.parseInt(from, 16)
    ranges.push({ start, bytes: Number.parseInt(to, 16) - start })
  }
  return ranges
}
