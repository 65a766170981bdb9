import { readdirSync } from 'node:fs'
import type { GpuProcess } from '../../../shared/model/gpu.ts'
import type { GpuReading } from '../protocol.ts'
import { topologyOf } from '../topology.ts'
import { findCards, readCard, type AmdCard } from './card.ts'
import { readAmdProcesses } from './processes.ts'

/** Looking at every descriptor of 500 processes takes tens of milliseconds: 1 % of a core at this interval. */
const PROCESSES_EVERY_MS = 5_000

export interface AmdPlaces {
  readonly procRoot: string
  readonly sysRoot: string
  /** libdrm's names: '/usr/share/libdrm/amdgpu.ids'. */
  readonly idsFile: string
}

/** Reads AMD GPUs from sysfs and fdinfo; null when there is none. */
export function createAmdSource(places: AmdPlaces, nowMs: () => number): { read(): GpuReading | null } {
  let cards: readonly AmdCard[] = []
  let processes: readonly GpuProcess[] = []
  let processesAtMs = Number.NEGATIVE_INFINITY

  return {
    read() {
      // A card may be bound to its driver after the start, so an empty list is looked up again.
      if (cards.length === 0 || !stillThere(cards)) cards = findCards(places.sysRoot, places.idsFile)
      if (cards.length === 0) return null
      const topology = topologyOf({ vendor: 'amd', devices: cards })
      if (nowMs() - processesAtMs >= PROCESSES_EVERY_MS) {
        processes = readAmdProcesses(places.procRoot, topology === 'amd-apu' ? 'gtt' : 'vram')
        processesAtMs = nowMs()
      }
      return {
        source: 'amdgpu',
        topology,
        driverVersion: null,
        devices: cards.map((card, index) => readCard(card, index)),
        processes,
        note: null
      }
    }
  }
}

function stillThere(cards: readonly AmdCard[]): boolean {
  try {
    return cards.every((card) => readdirSync(card.path).length > 0)
  } catch {
    return false
  }
}
