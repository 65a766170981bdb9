import type { Reading } from '../../../../shared/model/reading.ts'
import { fetchJson, member } from '../common/http.ts'

/** Between the two readings: tens of tokens of a quick model; a slow one is answered between two of its tokens. */
const WINDOW_MS = 500
/** What the second reading may take; with less time left it is not begun. */
const SECOND_READING_MS = 200

/** Tokens that each request has been given so far, by slot and task. */
type Decoded = ReadonlyMap<string, number>

/**
 * Generated tokens per second of all requests under way, from two readings of /slots; 'unknown' where no token came
 * (a prompt is being read), or where the server does not tell of its slots.
 *
 * The metrics page counts tokens when a request is over, and its steps are those of prompts as well.
 */
export async function generatingRate(metricsPage: string, left: () => number): Promise<Reading> {
  const slots = new URL(metricsPage)
  slots.pathname = '/slots'
  const first = await decoded(slots.href, left())
  const startMs = performance.now()
  if (first === null || left() < WINDOW_MS + SECOND_READING_MS) return 'unknown'
  await new Promise((done) => setTimeout(done, WINDOW_MS))
  const second = await decoded(slots.href, left())
  const elapsedMs = performance.now() - startMs
  let tokens = 0
  for (const [request, count] of second ?? []) {
    const before = first.get(request)
    // One that began in between was not generating all the time.
    if (before !== undefined && count > before) tokens += count - before
  }
  return tokens > 0 && elapsedMs > 0 ? (tokens * 1000) / elapsedMs : 'unknown'
}

async function decoded(url: string, timeoutMs: number): Promise<Decoded | null> {
  const slots = timeoutMs > 0 ? await fetchJson(url, timeoutMs) : null
  if (!Array.isArray(slots)) return null
  const found = new Map<string, number>()
  for (const slot of slots as readonly unknown[]) {
    const next = member(slot, 'next_token')
    // A list of one; an object in servers of 2025 and before.
    const count = member(Array.isArray(next) ? next[0] : next, 'n_decoded')
    if (member(slot, 'is_processing') !== true || typeof count !== 'number') continue
    found.set(`${String(member(slot, 'id'))} ${String(member(slot, 'id_task'))}`, count)
  }
  return found
}
