import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const ROOT = resolve(import.meta.dirname, '..', '..')
/** Kept between runs; ignored by git. */
const CACHE_FOLDER = resolve(ROOT, '.cache', 'llama')
const FETCH_TIMEOUT_MS = 300_000

let found: Promise<string> | null = null

/**
 * Path of a real llama-server: $FIREBREAK_TEST_LLAMA_SERVER, or the one that the project's script fetches once.
 * Rejects with the script's words where there is none to be had.
 */
export function ensureLlamaServer(): Promise<string> {
  const given = process.env['FIREBREAK_TEST_LLAMA_SERVER']
  found ??= given ? Promise.resolve(given) : fetchLlamaServer()
  return found
}

async function fetchLlamaServer(): Promise<string> {
  const script = resolve(ROOT, 'scripts', 'get-llama-server.sh')
  try {
    const { stdout } = await promisify(execFile)(script, [CACHE_FOLDER], { timeout: FETCH_TIMEOUT_MS })
    return stdout.trim()
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new Error(`no llama-server to be had: ${said.split('\n').at(-1)}`, { cause: error })
  }
}

/** The path, or the reason to skip with. */
export async function llamaServerOrSkip(): Promise<{ path: string } | { skip: string }> {
  try {
    return { path: await ensureLlamaServer() }
  } catch (error) {
    return { skip: error instanceof Error ? error.message : String(error) }
  }
}

/** For `beforeEach`: skips a test, with the reason, where there is no llama-server. */
export function needsLlamaServer(found: { path: string } | { skip: string }) {
  return (context: { skip: (reason: string) => void }): void => {
    if ('skip' in found) context.skip(found.skip)
  }
}
