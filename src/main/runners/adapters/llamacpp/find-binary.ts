import { accessSync, constants, statSync } from 'node:fs'
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

const expandHome = (path: string, homeDir: string): string =>
  path.startsWith('~/') ? join(homeDir, path.slice(2)) : path

/** Finds llama-server: the profile's, the settings', PATH, then the usual folders. */
export function findLlamaServer(
  chosen: readonly string[],
  env: NodeJS.ProcessEnv
): Result<string, ContractError> {
  const homeDir = env['HOME'] ?? '/'
  const given = chosen.find((path) => path !== '')
  if (given !== undefined) return checkGiven(expandHome(given, homeDir))
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of [...path, ...usualFolders(homeDir)]) {
    const candidate = join(folder, PROGRAM)
    if (problemOf(candidate) === null) return ok(candidate)
  }
  return err({
    code: 'runner-missing',
    message:
      `${PROGRAM} was not found: neither on PATH nor in the usual folders. ` +
      'Install llama.cpp, or give the path of llama-server in the settings.',
    detail: `searched: ${[...path, ...usualFolders(homeDir)].join(', ')}`
  })
}

/** A path given by the user is taken or refused, never replaced by another program. */
function checkGiven(path: string): Result<string, ContractError> {
  const missing = (message: string): Result<string, ContractError> => err({ code: 'runner-missing', message })
  if (!isAbsolute(path)) return missing(`Give the full path of llama-server, beginning with '/': ${path}`)
  const problem = problemOf(path)
  return problem === null ? ok(path) : missing(problem)
}

function problemOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return `There is no program ${path}. Correct the path of llama-server.`
  if (stat.isDirectory()) return `${path} is a folder. Give the path of llama-server itself.`
  try {
    accessSync(path, constants.X_OK)
    return null
  } catch {
    return `${path} may not be run. Make it executable, or correct the path of llama-server.`
  }
}
