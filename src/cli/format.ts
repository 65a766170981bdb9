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

const BARS = '▁▂▃▄▅▆▇█'

/** A row of bars for values over time, `width` at most; each bar is the lowest of its share, as lows are what matters. */
export function sparkline(values: readonly number[], width: number): string {
  const most = Math.max(...values, 0)
  if (values.length === 0 || most <= 0) return ''
  const bars = Math.min(width, values.length)
  return Array.from({ length: bars }, (_, at) => {
    const share = values.slice(
      Math.floor((at * values.length) / bars),
      Math.floor(((at + 1) * values.length) / bars)
    )
    const low = Math.max(0, Math.min(...share))
    return BARS[Math.min(BARS.length - 1, Math.floor((low / most) * BARS.length))] ?? ''
  }).join('')
}

/** '2026-11-22 14:02:07', local time. */
export function formatTime(atMs: number): string {
  const at = new Date(atMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  return (
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  )
}
