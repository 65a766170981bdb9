import { execFile } from 'node:child_process'
import { availableParallelism, cpus, release, type } from 'node:os'
import { factsSchema } from '../../shared/contract/schemas.ts'
import type { MachineFacts } from '../../shared/model/status.ts'
import { readPageSize } from './page-size.ts'

export interface FactsOptions {
  readonly nodePath: string
  readonly entryPath: string
  readonly timeoutMs?: number
}

/** systeminformation takes 0.3 s when well; a machine that swaps is slow, and nothing waits for this. */
const FACTS_TIMEOUT_MS = 10_000
const MAX_OUTPUT_BYTES = 64 * 1024

/**
 * Facts that do not change while the machine runs, from a process of their own.
 *
 * Never fails: without an answer in time it says what Node itself knows, and 'unknown' for the rest. `gpu` is '': the
 * probe knows the GPU's name.
 */
export async function readMachineFacts(options: FactsOptions): Promise<MachineFacts> {
  const text = await run(options)
  return (text === null ? null : parseFacts(text)) ?? ownFacts()
}

function run({ nodePath, entryPath, timeoutMs = FACTS_TIMEOUT_MS }: FactsOptions): Promise<string | null> {
  return new Promise((resolve) => {
    try {
      const child = execFile(nodePath, [entryPath], { maxBuffer: MAX_OUTPUT_BYTES }, (error, out) => {
        clearTimeout(timer)
        resolve(error === null ? out : null)
      })
      // Not execFile's own timeout: it waits for the end of a process that may hang in the kernel.
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        child.stdout?.destroy()
        child.stderr?.destroy()
        child.unref()
        resolve(null)
      }, timeoutMs)
    } catch {
      // fork() without memory throws.
      resolve(null)
    }
  })
}

/** The facts process's line; null when it is not one. */
export function parseFacts(text: string): MachineFacts | null {
  try {
    const parsed = factsSchema.safeParse(JSON.parse(text))
    return parsed.success && parsed.data.cores > 0 && parsed.data.pageSizeBytes > 0 ? parsed.data : null
  } catch {
    return null
  }
}

async function ownFacts(): Promise<MachineFacts> {
  const model = cpus()[0]?.model.trim() ?? ''
  return {
    model: 'unknown',
    cpu: model === '' ? 'unknown' : model,
    cores: availableParallelism(),
    gpu: '',
    os: type(),
    kernel: release(),
    arch: process.arch,
    pageSizeBytes: await readPageSize()
  }
}
