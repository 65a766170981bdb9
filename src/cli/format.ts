import type { Reading } from '../shared/model/reading.ts'

const KIB = 1024
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Three digits at most, binary units: '37.1 GiB', '512 MiB'. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= KIB && unit < UNITS.length - 1) {
    value /= KIB
    unit += 1
  }
  return `${value.toFixed(unit > 0 && value < 100 ? 1 : 0)} ${UNITS[unit] ?? ''}`
}

export function formatReading(reading: Reading, write: (value: number) => string): string {
  if (typeof reading === 'number') return write(reading)
  return reading === 'not-supported' ? 'not supported' : 'unknown'
}

/** Columns as wide as their widest cell, two spaces apart; numbers right-aligned where asked. */
export function columns(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length)
    })
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => {
          const width = widths[index] ?? 0
          return rightAligned.includes(index) ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

/** Process names may hold anything but NUL; a terminal must not obey them. */
export function printable(text: string): string {
  // Control characters but tab and newline, and the marks that turn the direction of writing.
  return text.replaceAll(/(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu, '\uFFFD')
}
