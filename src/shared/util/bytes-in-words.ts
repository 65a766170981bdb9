const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const STEP = 1024

function unitFor(bytes: number): number {
  let unit = 0
  for (let rest = Math.abs(bytes); rest >= STEP - 0.5 && unit < UNITS.length - 1; rest /= STEP) unit += 1
  return unit
}

function inUnit(bytes: number, unit: number): string {
  const value = bytes / STEP ** unit
  return value === 0 || unit === 0 || Math.abs(value) >= 99.95 ? value.toFixed(0) : value.toFixed(1)
}

/** Bytes for people, in binary units: '1.2 GiB', '340 MiB', '12 B'. */
export function bytesInWords(bytes: number): string {
  const unit = unitFor(bytes)
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`
}

/** Two sizes in the unit of the larger, for sentences like '0.3 of 1.2 GiB'; the first comes without its unit. */
export function bytesOfBytes(part: number, whole: number): string {
  const unit = unitFor(Math.max(part, whole))
  return `${inUnit(part, unit)} of ${inUnit(whole, unit)} ${UNITS[unit]}`
}
