import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { profileSchema } from '../../../shared/contract/schemas.ts'
import type { DeepReadonly } from '../../../shared/util/deep-readonly.ts'
import { writeFileAtomic } from '../../platform/atomic-file.ts'

const identitySchema = z.object({ pid: z.int().min(2), startTicks: z.number().nonnegative() })

const recordSchema = z.object({
  /** As it was started: it is shown even if the profile's file is gone. */
  profile: profileSchema,
  root: identitySchema,
  /** Other members of its tree when last seen. */
  members: z.array(identitySchema),
  processGroupId: z.int().min(2),
  mark: z.string(),
  scopeUnit: z.string().nullable(),
  /** Absent in files of earlier versions, which had none. */
  container: z.object({ id: z.string(), socket: z.string() }).nullable().default(null),
  port: z.number(),
  url: z.string(),
  modelBytes: z.number().nullable(),
  startedAtMs: z.number(),
  readyAtMs: z.number().nullable(),
  commandLine: z.array(z.string()),
  /** Of one that was taken over as it ran: what else would start it again. */
  adopted: z
    .object({ unit: z.object({ name: z.string(), manager: z.enum(['user', 'system']) }).nullable() })
    .optional(),
  /** Start times and pids count from a boot; after another one they mean nothing. */
  bootId: z.string()
})

/** What the next core needs to take a running runner back. */
export type RunnerRecord = DeepReadonly<z.infer<typeof recordSchema>>

/** Records are read one by one: a bad one must not lose the others. */
const fileSchema = z.object({ version: z.literal(1), runners: z.array(z.unknown()) })

/** What can be told of a record that is not understood. */
const remainsSchema = z.object({
  profile: z.object({ label: z.string() }).optional().catch(undefined),
  root: z.object({ pid: z.number() }).optional().catch(undefined)
})

export interface LoadedRecords {
  readonly records: readonly RunnerRecord[]
  /** Why the file could not be used; null when all is well or there is none yet. */
  readonly problem: string | null
  /** Of each record that could not be used: whose it is, as far as that can be read, and what to do. */
  readonly bad: readonly { readonly text: string; readonly whatToDo: string }[]
}

export function loadRecords(path: string): LoadedRecords {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { records: [], problem: missing ? null : String(error), bad: [] }
  }
  try {
    const parsed = fileSchema.safeParse(JSON.parse(text))
    if (parsed.success)
      return { ...readEach(parsed.data.runners, () => keepAside(path, text)), problem: null }
    return { records: [], problem: `${whyOf(parsed.error)}; ${keepAside(path, text)}`, bad: [] }
  } catch (error) {
    return { records: [], problem: `${wordsOf(error)}; ${keepAside(path, text)}`, bad: [] }
  }
}

/** Of the text's digest: the same damage is kept once, however often Firebreak starts. */
const ASIDE_CHARACTERS = 8

/** Before the file is written anew, what it says is kept for whoever can mend it; where, in words. */
function keepAside(path: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, ASIDE_CHARACTERS)
  const aside = `${path}.broken-${digest}`
  try {
    writeFileAtomic(aside, text)
    return `a copy is kept as ${aside}`
  } catch (error) {
    return `no copy could be kept (${wordsOf(error)})`
  }
}

function readEach(items: readonly unknown[], keep: () => string): Pick<LoadedRecords, 'records' | 'bad'> {
  const records: RunnerRecord[] = []
  const bad: LoadedRecords['bad'][number][] = []
  let kept: string | null = null
  for (const item of items) {
    const parsed = recordSchema.safeParse(item)
    if (parsed.success) {
      records.push(parsed.data)
      continue
    }
    const remains = remainsSchema.safeParse(item).data
    const pid = remains?.root?.pid
    const who = `${remains?.profile?.label ?? 'A runner'}${pid === undefined ? '' : ` (pid ${pid})`}`
    kept ??= keep()
    bad.push({
      text: `${who} was left running, but its record is damaged (${whyOf(parsed.error)}); ${kept}.`,
      whatToDo: 'If it still runs and is not shown as running, end it by hand.'
    })
  }
  return { records, bad }
}

const whyOf = ({ issues }: z.ZodError): string => {
  const [first] = issues
  if (first === undefined) return 'it is not understood'
  return first.path.length === 0 ? first.message : `${first.path.join('.')}: ${first.message}`
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export function saveRecords(path: string, runners: readonly RunnerRecord[]): void {
  writeFileAtomic(path, `${JSON.stringify({ version: 1, runners }, null, 2)}\n`)
}

/** Identifies this boot; 'unknown' where the kernel does not say. */
export function readBootId(procRoot: string): string {
  try {
    return readFileSync(join(procRoot, 'sys', 'kernel', 'random', 'boot_id'), 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
