import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { member } from '../common/http.ts'
import { portOf } from '../common/port.ts'

/** A server describes itself in a few hundred bytes. */
const MAX_FILE_BYTES = 16_384
/** Descriptions of servers that crashed stay behind. */
const MAX_FILES = 256
const DESCRIPTION = /^jpserver-(\d{1,10})\.json$/

/** The token of the server on a loopback port; null where none is known. */
export type FindToken = (port: number) => Promise<string | null>

/**
 * From what each Jupyter server writes of itself for 'jupyter server list': readable by its user alone, and made by
 * servers that Firebreak did not start, too.
 */
export const findToken: FindToken = (port) => tokenIn(runtimeFolder(process.env), port)

/** Where Jupyter keeps those files, by its own rules. */
function runtimeFolder(env: NodeJS.ProcessEnv): string {
  const runtime = env['JUPYTER_RUNTIME_DIR']
  if (runtime !== undefined && runtime !== '') return runtime
  const data = env['JUPYTER_DATA_DIR']
  if (data !== undefined && data !== '') return join(data, 'runtime')
  return join(env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share'), 'jupyter', 'runtime')
}

export async function tokenIn(folder: string, port: number): Promise<string | null> {
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names.filter((one) => DESCRIPTION.test(one)).slice(0, MAX_FILES)) {
    if (!isAlive(Number(DESCRIPTION.exec(name)?.[1]))) continue
    const described = await readDescription(join(folder, name))
    const token = member(described, 'token')
    if (portOf(String(member(described, 'port'))) === port && typeof token === 'string') return token
  }
  return null
}

async function readDescription(path: string): Promise<unknown> {
  try {
    const found = await stat(path)
    if (!found.isFile() || found.size > MAX_FILE_BYTES) return null
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return null
  }
}

/** A signal of 0 is none; not being allowed to send it means that there is a process. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
