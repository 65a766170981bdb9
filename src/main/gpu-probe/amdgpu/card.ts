import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GpuDevice } from '../../../shared/model/gpu.ts'
import type { Reading } from '../../../shared/model/reading.ts'
import { isApu, type ApuFacts } from './apu.ts'
import { nameFromIds } from './ids.parse.ts'

/** One AMD card; what does not change is read once. */
export interface AmdCard {
  readonly path: string
  readonly hwmon: string | null
  readonly name: string
  readonly apu: boolean
}

const AMD_VENDOR = '0x1002'
const CARD = /^card\d+$/

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

// A file that is missing is a figure this card does not have; one that cannot be read now (a sleeping card says
// EPERM or EBUSY) is unknown.
function figure(path: string, scale = 1): Reading {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return /^-?\d+$/.test(text) ? Number(text) * scale : 'unknown'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'not-supported' : 'unknown'
  }
}

const firstKnown = (readings: readonly Reading[]): Reading =>
  readings.find((one) => typeof one === 'number') ?? readings.at(-1) ?? 'not-supported'

/** AMD cards below `sysRoot`. `idsFile`: libdrm's table of names, if there is one. */
export function findCards(sysRoot: string, idsFile: string): AmdCard[] {
  const root = join(sysRoot, 'class/drm')
  const cards = namesIn(root)
    .filter((name) => CARD.test(name))
    .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    .map((name) => join(root, name, 'device'))
    .filter((path) => textOf(join(path, 'vendor')) === AMD_VENDOR)
  const ids = cards.length === 0 ? null : textOf(idsFile)
  return cards.map((path) => describeCard(path, ids))
}

function describeCard(path: string, ids: string | null): AmdCard {
  const hwmonName = namesIn(join(path, 'hwmon')).toSorted()[0]
  const hwmon = hwmonName === undefined ? null : join(path, 'hwmon', hwmonName)
  const device = textOf(join(path, 'device')) ?? ''
  const revision = textOf(join(path, 'revision')) ?? ''
  const facts: ApuFacts = {
    metricsRevision: metricsRevision(path),
    northbridgeVoltage: hwmon !== null && namesIn(hwmon).some((file) => isNorthbridge(hwmon, file)),
    deviceId: device,
    vramTotalBytes: figure(join(path, 'mem_info_vram_total')),
    gttTotalBytes: figure(join(path, 'mem_info_gtt_total'))
  }
  const known = ids === null ? null : nameFromIds(ids, device, revision)
  const product = textOf(join(path, 'product_name'))
  const named = product !== null && product !== '' ? product : known
  return { path, hwmon, name: named ?? `AMD GPU ${device.replace('0x', '')}`, apu: isApu(facts) }
}

const isNorthbridge = (hwmon: string, file: string): boolean =>
  /^in\d+_label$/.test(file) && textOf(join(hwmon, file)) === 'vddnb'

// struct metrics_table_header: u16 size, u8 format revision, u8 content revision.
function metricsRevision(path: string): number | null {
  try {
    return readFileSync(join(path, 'gpu_metrics'))[2] ?? null
  } catch {
    return null
  }
}

/**
 * The card's figures now.
 *
 * An APU's GPU takes memory from its carve-out and from the system alike, so its memory is both together; a card's
 * is its own alone. Milli-degrees, microwatts and hertz become °C, W and MHz.
 */
export function readCard(card: AmdCard, index: number): GpuDevice {
  const pool = (what: 'total' | 'used'): Reading => {
    const vram = figure(join(card.path, `mem_info_vram_${what}`))
    if (!card.apu) return vram
    const gtt = figure(join(card.path, `mem_info_gtt_${what}`))
    return typeof vram === 'number' && typeof gtt === 'number' ? vram + gtt : 'unknown'
  }
  const sensor = (file: string, scale: number): Reading =>
    card.hwmon === null ? 'not-supported' : figure(join(card.hwmon, file), scale)
  const total = pool('total')
  const used = pool('used')
  return {
    index,
    name: card.name,
    memory: {
      totalBytes: total,
      usedBytes: used,
      freeBytes: typeof total === 'number' && typeof used === 'number' ? Math.max(0, total - used) : 'unknown'
    },
    utilizationPct: figure(join(card.path, 'gpu_busy_percent')),
    temperatureC: sensor('temp1_input', 1e-3),
    powerW: firstKnown([sensor('power1_average', 1e-6), sensor('power1_input', 1e-6)]),
    smClockMHz: sensor('freq1_input', 1e-6)
  }
}
