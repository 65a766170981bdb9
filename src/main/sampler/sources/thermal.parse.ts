import type { Reading } from '../../../shared/model/reading.ts'
import { byteScan, readUint } from '../../../shared/util/byte-scan.ts'

const MILLI = 1000
/** Below and above, a sensor is broken or absent: firmware reports 0, -273 or 127 and 255 for 'none'. */
const MIN_PLAUSIBLE_C = 1
const MAX_PLAUSIBLE_C = 125

/** A sensor file in millidegrees; 'unknown' outside what silicon can have. */
export function parseTemperature(bytes: Uint8Array): Reading {
  const milli = readUint(byteScan(bytes))
  const celsius = milli / MILLI
  return celsius >= MIN_PLAUSIBLE_C && celsius <= MAX_PLAUSIBLE_C ? celsius : 'unknown'
}

/** Sensors of other parts: hot in their own right (disks, network), and slow or power-hungry to ask. */
const OTHER_ZONES = /nvme|iwlwifi|mlx|mt79|ath1|bat|ssd|modem|wlan|wifi|charger/i
const SOC_MONITORS =
  /^(?:coretemp|k10temp|zenpower|cpu[-_]?thermal|soc[-_]?thermal|acpitz|scpi_sensors|scmi_sensors|amdgpu|apm_xgene|tegra.*)$/i

/** Whether a thermal zone of this type belongs to the SoC. */
export const isSocZone = (type: string): boolean => !OTHER_ZONES.test(type)
/** Whether a hwmon device of this name belongs to the SoC. */
export const isSocMonitor = (name: string): boolean => SOC_MONITORS.test(name)
