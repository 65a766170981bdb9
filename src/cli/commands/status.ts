import { GUARD_LEVELS, type Status } from '../../shared/model/status.ts'
import type { Pressure } from '../../shared/model/snapshot.ts'
import { ok } from '../../shared/util/result.ts'
import type { Command } from '../command.ts'
import { columns, formatBytes, formatReading, printable } from '../format.ts'

/** Fits a terminal of 80 columns with room for the frame. */
const STRIP_WIDTH = 60
/** One letter per kind of holder, in the strip. */
const STRIP_LETTERS: Readonly<Record<string, string>> = {
  runner: 'R',
  desktop: 'D',
  process: 'P',
  other: 'o',
  shared: 's',
  hugepages: 'h',
  kernel: 'k',
  unattributed: '?',
  cache: 'c',
  free: '.'
}

export const status: Command = {
  name: 'status',
  about: 'who holds the memory, pressure, GPU, runners and the guard',
  positionals: [],
  options: {},
  example: 'firebreakctl status --json',
  async run({ connect }) {
    const core = await connect()
    if (!core.ok) return core
    const answer = await core.value.client.call('status.get', {})
    if (!answer.ok) return answer
    return ok({ document: answer.value, text: describeStatus(answer.value as Status) })
  }
}

export function describeStatus(now: Status): string {
  const { ledger, guard, memTotalBytes } = now
  const holders = ledger
    .filter((part) => part.bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
    .map((part) => [
      formatBytes(part.bytes),
      `${((100 * part.bytes) / memTotalBytes).toFixed(0)} %`,
      STRIP_LETTERS[part.kind] ?? ' ',
      printable(part.label)
    ])
  const running = now.runners
    .filter(({ state }) => state !== 'stopped')
    .map(({ id, state, url, text }) => [id, state, url ?? '', printable(text)])
  const sections = [
    [sentence(now), ...spokenFor(now), ...guard.reasons.map(printable)].join('\n'),
    `[${strip(now)}] ${formatBytes(memTotalBytes)}`,
    columns(holders, [0, 1]),
    columns([
      ['memory pressure', pressureText(now.pressure.memory)],
      ['swap', swapText(now)],
      ['GPU', gpuText(now)],
      ['guard', `${guard.mode}, ${guard.level}`]
    ])
  ]
  if (running.length > 0) sections.push(columns(running))
  return sections.join('\n\n')
}

function sentence({ freeForModelsBytes, level }: Status): string {
  const safe = GUARD_LEVELS.indexOf(level) <= GUARD_LEVELS.indexOf('watch')
  return `${formatBytes(freeForModelsBytes)} free for models. ${safe ? 'Desktop safe.' : 'Memory is short.'}`
}

/** What of the free memory a launch may not take any more; no line where all of it is free. */
function spokenFor({ admission, freeForModelsBytes }: Status): readonly string[] {
  const { allocatableBytes, reservations, growthBytes } = admission
  const promised = reservations
    .map(({ label, bytes, takenBytes }) => ({ label, bytes: bytes - takenBytes }))
    .filter(({ bytes }) => bytes > 0)
    .map(({ label, bytes }) => `${formatBytes(bytes)} are promised to ${printable(label)}`)
  const said = [
    ...promised,
    ...(growthBytes > 0 ? [`${formatBytes(growthBytes)} may still be claimed by what runs`] : [])
  ]
  if (said.length === 0) return []
  const left = formatBytes(Math.min(allocatableBytes, freeForModelsBytes))
  return [`Of it, ${said.join(', ')}: ${left} for a new start.`]
}

/** Largest remainders, so that the letters add up to the strip's width. */
function strip({ ledger, memTotalBytes }: Status): string {
  const shares = ledger.map((part) => ({ part, exact: (STRIP_WIDTH * part.bytes) / memTotalBytes }))
  const cells = new Map(shares.map(({ part, exact }) => [part.id, Math.floor(exact)]))
  let left = STRIP_WIDTH - [...cells.values()].reduce((sum, count) => sum + count, 0)
  for (const { part } of shares.toSorted((a, b) => (b.exact % 1) - (a.exact % 1))) {
    if (left <= 0) break
    cells.set(part.id, (cells.get(part.id) ?? 0) + 1)
    left -= 1
  }
  return ledger.map((part) => (STRIP_LETTERS[part.kind] ?? ' ').repeat(cells.get(part.id) ?? 0)).join('')
}

function pressureText(pressure: Pressure | 'unknown'): string {
  if (pressure === 'unknown') return 'unknown'
  const full = pressure.full === 'unknown' ? 'unknown' : `${pressure.full.avg10Pct.toFixed(1)} %`
  return `some ${pressure.some.avg10Pct.toFixed(1)} %, full ${full} (10 s)`
}

function swapText({ swapTotalBytes, swapFreeBytes }: Status): string {
  if (swapTotalBytes === 0) return 'none'
  if (typeof swapTotalBytes !== 'number' || typeof swapFreeBytes !== 'number') return 'unknown'
  return `${formatBytes(swapTotalBytes - swapFreeBytes)} of ${formatBytes(swapTotalBytes)} used`
}

function gpuText({ gpu }: Status): string {
  if (gpu.devices.length === 0) return gpu.note === null ? 'none' : printable(gpu.note)
  const age = gpu.stale ? `, ${formatReading(gpu.ageMs, (ms) => `${(ms / 1000).toFixed(0)} s old`)}` : ''
  return gpu.devices
    .map((device) => {
      const load = formatReading(device.utilizationPct, (pct) => `${pct.toFixed(0)} %`)
      const heat = formatReading(device.temperatureC, (degrees) => `${degrees.toFixed(0)} °C`)
      return `${printable(device.name)}: load ${load}, ${heat}${age}`
    })
    .join('; ')
}
