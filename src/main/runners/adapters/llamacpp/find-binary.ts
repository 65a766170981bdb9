import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'

const PROGRAM = 'llama-server'

/** Where a build or an installation of llama.cpp usually ends up, best guess first. */
const usualFolders = (homeDir: string): readonly string[] => [
  join(homeDir, 'llama.cpp', 'build', 'bin'),
  join(homeDir, '.local', 'bin'),
  '/usr/local/bin',
  '/usr/bin',
  '/opt/llama.cpp/bin',
  '/opt/llama.cpp/build/bin',
  '/home/linuxbrew/.linuxbrew/bin'
]

/** Folders npm puts on PATH for its scripts: no server is installed there, and their names help nobody. */
const isOfNpm = (folder: string): boolean =>
  /\/node_modules\/(?:\.bin$|npm\/|@npmcli\/)|\/node-gyp-bin$/.test(folder)

const expandHome = (path: string, homeDir: string): string =>
  path.startsWith('~/') ? join(homeDir, path.slice(2)) : path

/** Finds llama-server: the profile's, the settings', PATH, then the usual folders. */
export async function findLlamaServer(
  chosen: readonly string[],
  env: NodeJS.ProcessEnv
): Promise<Result<string, ContractError>> {
  const homeDir = env['HOME'] ?? '/'
  const given = chosen.find((path) => path !== '')
  if (given !== undefined) return await checkGiven(expandHome(given, homeDir))
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '' && !isOfNpm(folder))
  const folders = [...new Set([...path, ...usualFolders(homeDir)])]
  for (const folder of folders) {
    const candidate = join(folder, PROGRAM)
    if ((await problemOf(candidate)) === null) return ok(candidate)
  }
  return err({
    code: 'runner-missing',
    message:
      `${PROGRAM} was not found: neither on PATH nor in the usual folders. ` +
      'Install llama.cpp, or give the path of llama-server in the settings.',
    detail: `searched: ${folders.join(', ')}`
  })
}

/** A path given by the user is taken or refused, never replaced by another program. */
async function checkGiven(path: string): Promise<Result<string, ContractError>> {
  const missing = (message: string): Result<string, ContractError> => err({ code: 'runner-missing', message })
  if (!isAbsolute(path)) return missing(`Give the full path of llama-server, beginning with '/': ${path}`)
  const problem = await problemOf(path)
  return problem === null ? ok(path) : missing(problem)
}

/** Asynchronous, because a folder on PATH may be on a drive that does not answer. */
async function problemOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  if (found === null) return `There is no program ${path}. Correct the path of llama-server.`
  if (found.isDirectory()) return `${path} is a folder. Give the path of llama-server itself.`
  try {
    await access(path, constants.X_OK)
    return null
  } catch {
    return `${path} may not be run. Make it executable, or correct the path of llama-server.`
  }
}
