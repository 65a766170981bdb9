import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'

/** Where users' installers put programs, besides PATH; an app started from the desktop often lacks the first. */
const usualFolders = (homeDir: string): readonly string[] => [
  join(homeDir, '.local', 'bin'),
  '/usr/local/bin',
  '/usr/bin',
  '/opt/bin'
]

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) return false
  return access(path, constants.X_OK).then(
    () => true,
    () => false
  )
}

/** A program by the path that was given, or by its names on PATH and in the usual folders. */
export async function findProgram(
  given: string,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  moreFolders: readonly string[] = []
): Promise<Result<string, ContractError>> {
  const homeDir = env['HOME'] ?? '/'
  const missing = (message: string): Result<string, ContractError> => err({ code: 'runner-missing', message })
  if (given !== '') {
    const path = given.startsWith('~/') ? join(homeDir, given.slice(2)) : given
    if (!isAbsolute(path)) return missing(`Give the full path of the program, beginning with '/': ${given}`)
    return (await isProgram(path))
      ? ok(path)
      : missing(`There is no program ${path} that may be run. Correct its path.`)
  }
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of new Set([...moreFolders, ...path, ...usualFolders(homeDir)])) {
    for (const name of names) {
      const candidate = join(folder, name)
      if (await isProgram(candidate)) return ok(candidate)
    }
  }
  return missing(
    `${names.join(' or ')} was not found: neither on PATH nor in the usual folders. Set it up, or give its path.`
  )
}
