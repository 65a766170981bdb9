import type { Reading } from '../../../shared/model/reading.ts'

/** What sysfs tells about an AMD GPU that helps to tell an APU from a card. */
export interface ApuFacts {
  /** Format revision of gpu_metrics; null when there is no such file. */
  readonly metricsRevision: number | null
  /** A hwmon voltage labelled 'vddnb'. */
  readonly northbridgeVoltage: boolean
  /** PCI device id, as '0x1586'. */
  readonly deviceId: string
  readonly vramTotalBytes: Reading
  readonly gttTotalBytes: Reading
}

/** Strix Halo: Radeon 8050S / 8060S. */
const KNOWN_APUS = new Set(['0x1586'])
/** Firmware's usual carve-outs without a choice are 512 MiB and 1 GiB; no card that runs models has so little. */
const SMALL_CARVE_OUT_BYTES = 1024 ** 3

/**
 * Whether the GPU shares the system's memory. sysfs has no such flag (the driver tells it only through an ioctl), so:
 *
 * 1. device ids that are known;
 * 2. gpu_metrics: formats 2 and 3 are the kernel's for APUs, 1 for cards (kgd_pp_interface.h). MI300A, an APU with
 *    format 1, counts as a card, and is one as far as the desktop's memory goes;
 * 3. the 'vddnb' voltage, which the kernel documents as 'APUs only';
 * 4. else a carve-out of at most 1 GiB with more GTT than that. A large carve-out (Strix Halo: up to 96 GiB) says
 *    nothing, and GTT is half of the memory on every kind of machine.
 */
export function isApu(facts: ApuFacts): boolean {
  if (KNOWN_APUS.has(facts.deviceId.toLowerCase())) return true
  if (facts.metricsRevision !== null && facts.metricsRevision >= 1) return facts.metricsRevision >= 2
  if (facts.northbridgeVoltage) return true
  const { vramTotalBytes: vram, gttTotalBytes: gtt } = facts
  return typeof vram === 'number' && typeof gtt === 'number' && vram <= SMALL_CARVE_OUT_BYTES && gtt > vram
}
