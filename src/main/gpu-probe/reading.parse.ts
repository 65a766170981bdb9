import { gpuSchema } from '../../shared/contract/schemas.ts'
import type { ProbeReply } from './protocol.ts'

// What the probe says is what clients see, less what the core adds to it.
const readingSchema = gpuSchema.omit({ state: true, ageMs: true, stale: true })

/** One line from the probe; null when it is not a reply. The probe may be killed in the middle of a line. */
export function parseReply(line: string): ProbeReply | null {
  let raw: unknown
  try {
    raw = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof raw !== 'object' || raw === null || !('read' in raw) || typeof raw.read !== 'number') return null
  if ('error' in raw) return typeof raw.error === 'string' ? { read: raw.read, error: raw.error } : null
  if (!('reading' in raw)) return null
  const parsed = readingSchema.safeParse(raw.reading)
  return parsed.success ? { read: raw.read, reading: parsed.data } : null
}
